/** Made from the OpenAPI document of the service: `./dev api` makes it anew. */
export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** whether it answers */
        get: operations["isAlive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** whether it has found what an earlier service left, and serves */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** for Prometheus; a VM's own series end 15 minutes after its migration */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** who you are here, and what you may do */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** the hosts that are followed, with their guests as they are now; and those that are cordoned or emptied */
        get: operations["listHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** migrations, the newest first */
        get: operations["listMigrations"];
        put?: never;
        /** start one */
        post: operations["startMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** one, with all that was seen and decided */
        get: operations["getMigration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** all that its journal holds so far, without samples */
        get: operations["getJournal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** its journal, as it is written */
        get: operations["followMigration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** those that go on, and each that changes */
        get: operations["followMigrations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** what other policies, or other limits, would have done; changes nothing */
        post: operations["replayMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** cancel it: the guest stays on the source */
        post: operations["cancelMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}/switchover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** switch over as soon as the rest fits the longest pause that is allowed, whatever another pass would save */
        post: operations["switchOver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{id}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** change its limits while it runs */
        post: operations["changeLimits"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** what a migration would come to, before it begins: changes nothing */
        post: operations["planMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** who asked for what, and what it came to; the newest first, up to a thousand */
        get: operations["getAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** drains, the newest first */
        get: operations["listDrains"];
        put?: never;
        /** empty a host: it is planned, which takes some seconds for each VM unless that was just done, and begins */
        post: operations["startDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** one, with its VMs and destinations */
        get: operations["getDrain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** how it goes on, and what happens to it */
        get: operations["followDrain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** what a drain would come to, before it begins: looks at each VM for some seconds, and changes nothing */
        post: operations["planDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** begin no more moves; what is on its way goes on */
        post: operations["pauseDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** go on; what nobody knew the place of is tried again too, by a person who has looked */
        post: operations["resumeDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** begin no more moves, for good; the host may be used again once what is on its way has arrived */
        post: operations["cancelDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** the host may be moved to again, whatever its drain is doing */
        post: operations["releaseDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** what left the host comes back to it, by a drain of its own; this one ends with it. What others have moved since stays there */
        post: operations["returnDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/vms/{uuid}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** a VM that is held is tried again, by a person who has mended what kept it */
        post: operations["retryVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/vms/{uuid}/allow-pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** a VM that is held may stand still for longer in this drain than the others, and is tried again */
        post: operations["allowPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drains/{id}/vms/{uuid}/decide": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** what becomes of a VM that has not left yet: a person's word goes before its own. Nothing is shut down unless this, or its own word, says so */
        post: operations["decideVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/cordon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** no drain moves a VM there from now on */
        post: operations["cordonHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/uncordon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** drains may move VMs there again */
        post: operations["uncordonHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    migration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** what happens to migrations, to each URL of `switchover serve --webhooks FILE`; signed as standardwebhooks.com has it */
        post: operations["hearOfMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        WebhookEvent: {
            /**
             * @description started: its memory is being copied; needs-attention: it has ended, and a person or a longer pause is needed; webhook.test: an example, of `switchover webhook test`
             * @enum {string}
             */
            type: "migration.started" | "migration.switching-over" | "migration.ended" | "migration.needs-attention" | "webhook.test";
            /**
             * Format: date-time
             * @description when that was
             */
            timestamp: string;
            data: components["schemas"]["MigrationSummary"];
        };
        /**
         * @description as it was then
         * @example {
         *       "id": "20261129T101500.123-vm1-505f",
         *       "vm": "vm1",
         *       "vmUuid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
         *       "source": "qemu:///system#vm1",
         *       "destination": "qemu+ssh://root@host2/system#vm1",
         *       "policy": "forecast",
         *       "origin": "migrate",
         *       "startedAt": "2026-11-29T10:15:00.123Z",
         *       "updatedAt": "2026-11-29T10:15:03.402Z",
         *       "revision": 12,
         *       "state": "copying",
         *       "final": false,
         *       "outcome": null,
         *       "runsOn": null,
         *       "followed": true,
         *       "pass": 2,
         *       "elapsedMs": 3279,
         *       "memoryBytes": 536870912,
         *       "remainingBytes": 145000000,
         *       "sentBytes": 207000000,
         *       "transferBytesPerSecond": 58700000,
         *       "dirtyBytesPerSecond": 40900000,
         *       "forecastPauseMs": 2510,
         *       "forecastEndMs": {
         *         "lowMs": 5900,
         *         "likelyMs": 6200,
         *         "highMs": 8000
         *       },
         *       "downtimeMs": 300,
         *       "maxDowntimeMs": 5000,
         *       "bandwidthBytesPerSecond": null,
         *       "pauseMs": null,
         *       "encrypted": false,
         *       "braked": false,
         *       "waitsFor": "memory-intensive: 145 MB dirty; a pause of 2.51 s, within --max-downtime 5 s",
         *       "requestedBy": "ops",
         *       "reason": "maintenance of host1",
         *       "correlationId": null,
         *       "reasons": [],
         *       "actions": [
         *         "cancel",
         *         "limits"
         *       ]
         *     }
         */
        MigrationSummary: {
            id: string;
            /** @description the guest's name */
            vm: string;
            vmUuid: string | null;
            /** @description address of the VM on the source */
            source: string;
            destination: string | null;
            policy: string;
            /**
             * @description begun by switchover, or taken over
             * @enum {string}
             */
            origin: "migrate" | "attach";
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description rises whenever something is new */
            revision: number;
            /** @description copying, switching-over, post-copy, …; ended once it is final */
            state: string;
            /** @description nothing of it changes any more by itself */
            final: boolean;
            /** @enum {string|null} */
            outcome: "completed" | "aborted" | "cancelled" | "failed" | "detached" | null;
            /** @enum {string|null} */
            runsOn: "source" | "destination" | "nowhere" | "unknown" | null;
            /** @description this service follows it: only then can it be acted on here */
            followed: boolean;
            pass: number | null;
            elapsedMs: number;
            memoryBytes: number;
            remainingBytes: number | null;
            sentBytes: number;
            transferBytesPerSecond: number | null;
            /** @description found dirty over the last pass */
            dirtyBytesPerSecond: number | null;
            /** @description how long the guest would pause if it were stopped at the last boundary; null: in its first pass, at whose beginning all of its memory remains */
            forecastPauseMs: number | null;
            /** @description when the guest runs on the destination, counted from the start, as long as guest and link stay as they are; null: over, or not known yet */
            forecastEndMs: {
                /** @description at the earliest */
                lowMs: number;
                /** @description null: at which stop is not known */
                likelyMs: number | null;
                /** @description at the latest; null: no end is certain */
                highMs: number | null;
            } | null;
            downtimeMs: number;
            maxDowntimeMs: number;
            /** @description cap of its passes; null: none is asked for */
            bandwidthBytesPerSecond: number | null;
            /** @description how long the guest stood still, measured */
            pauseMs: number | null;
            encrypted: boolean | null;
            /** @description the guest is, or was, slowed down */
            braked: boolean;
            /** @description in words: what it waits for; once it is final, what happened */
            waitsFor: string;
            requestedBy: string | null;
            reason: string | null;
            correlationId: string | null;
            reasons: {
                /** @enum {string} */
                code: "needs-a-person" | "needs-longer-pause" | "pause-over-limit" | "braked" | "post-copy" | "connection-lost" | "warning";
                words: string;
                /** @description what would help */
                remedy: string | null;
            }[];
            actions: ("cancel" | "limits" | "switchover")[];
        };
        /**
         * @example {
         *       "type": "about:blank",
         *       "title": "Conflict",
         *       "status": 409,
         *       "detail": "there is not enough free memory on the destination: 4.29 GB are needed, 2.1 GB are free",
         *       "code": "no-memory"
         *     }
         */
        Problem: {
            /** @description about:blank: `code` tells one problem from another */
            type: string;
            /** @description the status in HTTP's words */
            title: string;
            status: number;
            /** @description what is wrong, where, and what to do */
            detail: string;
            code: string;
        };
        /**
         * @example {
         *       "version": "0.1.0",
         *       "role": "operate",
         *       "name": "ops",
         *       "demo": false,
         *       "drains": true,
         *       "serverTime": "2026-11-29T10:15:00.000Z"
         *     }
         */
        Session: {
            /** @description of the service */
            version: string;
            /**
             * @description each may do what those before it may
             * @enum {string}
             */
            role: "view" | "operate" | "admin";
            /** @description of the token; local: without one */
            name: string;
            /** @description all that is shown is simulated */
            demo: boolean;
            /** @description it keeps drains: it has a database */
            drains: boolean;
            /** Format: date-time */
            serverTime: string;
        };
        Hosts: {
            hosts: components["schemas"]["Host"][];
            /** @description why it is not known which are cordoned: the database is away */
            problem?: string;
        };
        Host: {
            /** @description libvirt's URI of it */
            host: string;
            /** @description why nothing is known of it now */
            problem: string | null;
            /** @description no drain moves a VM there, by somebody’s word */
            cordon: {
                by: string;
                reason: string | null;
                /** Format: date-time */
                since: string;
            } | null;
            /** @description the id of the drain that empties it */
            drain: string | null;
            vms: {
                /** @description null: not known */
                uuid: string | null;
                name: string;
                /** @enum {string} */
                state: "running" | "paused";
                /** @description the most that it may have; null: not known */
                memoryBytes: number | null;
                /** @description the id of the one that goes on */
                migration: string | null;
            }[];
        };
        MigrationPage: {
            migrations: components["schemas"]["ListedMigration"][];
            /** @description `before` of the next page; null: this is the last; a page may be shorter than its limit */
            next: string | null;
            /** @description why older ones may lack: the database is away */
            problem?: string;
        };
        ListedMigration: {
            id: string;
            /** @description the guest's name */
            vm: string;
            vmUuid: string | null;
            /** @description address of the VM on the source */
            source: string;
            destination: string | null;
            policy: string;
            /**
             * @description begun by switchover, or taken over
             * @enum {string}
             */
            origin: "migrate" | "attach";
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description rises whenever something is new */
            revision: number;
            /** @description copying, switching-over, post-copy, …; ended once it is final */
            state: string;
            /** @description nothing of it changes any more by itself */
            final: boolean;
            /** @enum {string|null} */
            outcome: "completed" | "aborted" | "cancelled" | "failed" | "detached" | null;
            /** @enum {string|null} */
            runsOn: "source" | "destination" | "nowhere" | "unknown" | null;
            /** @description this service follows it: only then can it be acted on here */
            followed: boolean;
            pass: number | null;
            elapsedMs: number;
            memoryBytes: number;
            remainingBytes: number | null;
            sentBytes: number;
            transferBytesPerSecond: number | null;
            /** @description found dirty over the last pass */
            dirtyBytesPerSecond: number | null;
            /** @description how long the guest would pause if it were stopped at the last boundary; null: in its first pass, at whose beginning all of its memory remains */
            forecastPauseMs: number | null;
            /** @description when the guest runs on the destination, counted from the start, as long as guest and link stay as they are; null: over, or not known yet */
            forecastEndMs: {
                /** @description at the earliest */
                lowMs: number;
                /** @description null: at which stop is not known */
                likelyMs: number | null;
                /** @description at the latest; null: no end is certain */
                highMs: number | null;
            } | null;
            downtimeMs: number;
            maxDowntimeMs: number;
            /** @description cap of its passes; null: none is asked for */
            bandwidthBytesPerSecond: number | null;
            /** @description how long the guest stood still, measured */
            pauseMs: number | null;
            encrypted: boolean | null;
            /** @description the guest is, or was, slowed down */
            braked: boolean;
            /** @description in words: what it waits for; once it is final, what happened */
            waitsFor: string;
            requestedBy: string | null;
            reason: string | null;
            correlationId: string | null;
            reasons: {
                /** @enum {string} */
                code: "needs-a-person" | "needs-longer-pause" | "pause-over-limit" | "braked" | "post-copy" | "connection-lost" | "warning";
                words: string;
                /** @description what would help */
                remedy: string | null;
            }[];
            actions: ("cancel" | "limits" | "switchover")[];
            document?: components["schemas"]["MigrationDocument"];
        };
        /** @description where `documents` asks for it */
        MigrationDocument: {
            /** @enum {number} */
            schema: 1;
            id: string;
            /** @description the guest's name */
            vm: string;
            /** @description address of the VM on the source */
            source: string;
            /** @description address of the VM on the destination; null when it was not given */
            destination: string | null;
            /** @description null where the hypervisor tells none, or an old journal kept none */
            vmUuid: string | null;
            /** Format: date-time */
            startedAt: string;
            /** @description who asked for it; null in an old journal */
            initiator: {
                user: string;
                uid: number;
                host: string;
                pid: number;
                command: string[];
            } | null;
            /** @description why, in the words of the initiator */
            initiatorReason: string | null;
            /** @description the initiator's own number for it */
            correlationId: string | null;
            /** @description id of the journal that this one goes on from */
            continues: string | null;
            policy: string;
            /**
             * @description null in the journal of a migration that switchover did not see to its end
             * @enum {string|null}
             */
            outcome: "completed" | "aborted" | "cancelled" | "failed" | "detached" | null;
            /**
             * @description the side that has the guest now; nowhere: it ended by itself; unknown: an operator is needed
             * @enum {string}
             */
            runsOn: "source" | "destination" | "nowhere" | "unknown";
            /** @description STOP on the source to RESUME (or the successful cont) on the side that runs it */
            pauseMs: number | null;
            /** @description how long the guest was slowed down before the pause, and by how much at most; null: it was not */
            brownOut: {
                ms: number;
                percent: number;
            } | null;
            /** @description what post-copy cost: the guest ran before all of its memory was there; null: it never did */
            remotePages: {
                /** @description from the guest running on the destination to the arrival of its last page; null: not seen from beginning to end */
                ms: number | null;
                /** @description of that, how long all vCPUs at once waited for pages, by QEMU's count; null: not counted */
                allBlockedMs: number | null;
                /** @description how long each vCPU waited for pages, by QEMU's count; null: not counted */
                vcpuBlockedMs: number[] | null;
                /** @description from asking for a page to having it, on average (QEMU 10.1); null: not counted */
                pageLatencyMs: number | null;
            } | null;
            totalMs: number;
            sentBytes: number;
            /** @description null where the policy takes no view */
            memoryIntensive: boolean | null;
            /** @description the pause that would have been needed, where it was aborted for that */
            neededPauseMs: number | null;
            /** @description QEMU's own downtime figure, for comparison */
            reportedDowntimeMs: number | null;
            /** @description whether the hypervisors encrypted the memory on its way (TLS); null: not known, as where somebody else began it */
            encrypted: boolean | null;
            limits: {
                downtimeMs: number;
                maxDowntimeMs: number;
                timeoutMs: number | null;
                stallTimeoutMs: number;
                bandwidthBytesPerSecond: number | null;
                lineRateBytesPerSecond: number | null;
                overBudget: string;
                brake: string;
                brakeForMs: number | null;
            };
            /** @description over how many connections memory was sent, and how compressed; null: as the hypervisor was set */
            streams: {
                connections: number;
                compression: string;
            } | null;
            guest: {
                hypervisor: string;
                accelerator: string;
                memoryBytes: number;
            };
            /** @description what was known before the start and by a probe; null in journals of versions that did not ask for every policy */
            foreseen: {
                /** @description how long finding out took, before the start */
                tookMs: number;
                probes: {
                    durationMs: number;
                    dirtiedBytes: number;
                }[];
                /** @description passes of this guest's earlier migrations that were used */
                earlierPasses: number;
            } | null;
            boundaries: {
                pass: number;
                atMs: number;
                sentBytes: number;
                remainingBytes: number;
                dirtyRateBytesPerSecond: number | null;
                bandwidthBytesPerSecond: number | null;
                pauseForecastMs: number | null;
            }[];
            decisions: {
                atMs: number;
                pass: number;
                action: string;
                reason: string;
            }[];
            effects: {
                atMs: number;
                did: string;
                /** @description what was set, as data; null: nothing */
                set: {
                    [key: string]: unknown;
                } | null;
            }[];
            warnings: string[];
            /** @description one sentence: what happened, where the guest is, what to do */
            reason: string;
        };
        Migration: {
            id: string;
            /** @description the guest's name */
            vm: string;
            vmUuid: string | null;
            /** @description address of the VM on the source */
            source: string;
            destination: string | null;
            policy: string;
            /**
             * @description begun by switchover, or taken over
             * @enum {string}
             */
            origin: "migrate" | "attach";
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description rises whenever something is new */
            revision: number;
            /** @description copying, switching-over, post-copy, …; ended once it is final */
            state: string;
            /** @description nothing of it changes any more by itself */
            final: boolean;
            /** @enum {string|null} */
            outcome: "completed" | "aborted" | "cancelled" | "failed" | "detached" | null;
            /** @enum {string|null} */
            runsOn: "source" | "destination" | "nowhere" | "unknown" | null;
            /** @description this service follows it: only then can it be acted on here */
            followed: boolean;
            pass: number | null;
            elapsedMs: number;
            memoryBytes: number;
            remainingBytes: number | null;
            sentBytes: number;
            transferBytesPerSecond: number | null;
            /** @description found dirty over the last pass */
            dirtyBytesPerSecond: number | null;
            /** @description how long the guest would pause if it were stopped at the last boundary; null: in its first pass, at whose beginning all of its memory remains */
            forecastPauseMs: number | null;
            /** @description when the guest runs on the destination, counted from the start, as long as guest and link stay as they are; null: over, or not known yet */
            forecastEndMs: {
                /** @description at the earliest */
                lowMs: number;
                /** @description null: at which stop is not known */
                likelyMs: number | null;
                /** @description at the latest; null: no end is certain */
                highMs: number | null;
            } | null;
            downtimeMs: number;
            maxDowntimeMs: number;
            /** @description cap of its passes; null: none is asked for */
            bandwidthBytesPerSecond: number | null;
            /** @description how long the guest stood still, measured */
            pauseMs: number | null;
            encrypted: boolean | null;
            /** @description the guest is, or was, slowed down */
            braked: boolean;
            /** @description in words: what it waits for; once it is final, what happened */
            waitsFor: string;
            requestedBy: string | null;
            reason: string | null;
            correlationId: string | null;
            reasons: {
                /** @enum {string} */
                code: "needs-a-person" | "needs-longer-pause" | "pause-over-limit" | "braked" | "post-copy" | "connection-lost" | "warning";
                words: string;
                /** @description what would help */
                remedy: string | null;
            }[];
            actions: ("cancel" | "limits" | "switchover")[];
            document: components["schemas"]["MigrationDocument"] & unknown;
            /** @description timed samples, thinned */
            ticks: {
                atMs: number;
                pass: number;
                remainingBytes: number;
                sentBytes: number;
                throttlePercent: number;
            }[];
        };
        Journal: {
            id: string;
            entries: components["schemas"]["JournalEntry"][];
            /** @description a sentence for each line that could not be read */
            problems: string[];
        };
        /** @description one entry of a journal; fields and kinds are only ever added, and `schema` rises when an older reader could misread it */
        JournalEntry: {
            schema: number;
            type: string;
            atMs: number;
            seq: number;
            time: string;
        } & ({
            /** @constant */
            type: "opened";
            id: string;
            /** @enum {string} */
            origin: "migrate" | "attach";
            switchoverVersion: string;
            vm: string;
            vmUuid?: string | null;
            destination: string | null;
            migrateUri: string | null;
            policy: string;
            limits: {
                downtimeMs: number | null;
                maxDowntimeMs: number | null;
                timeoutMs?: number | null;
                stallTimeoutMs: number | null;
                bandwidthBytesPerSecond?: number | null;
                lineRateBytesPerSecond?: number | null;
                /** @enum {string} */
                overBudget: "abort" | "brake" | "post-copy" | "leave";
                /**
                 * @default over-budget
                 * @enum {string}
                 */
                brake?: "never" | "over-budget" | "when-it-pays";
                /** @default 0 */
                brakeForMs?: number;
            };
            guest: {
                vm: string;
                name: string;
                hypervisor: string;
                /** @enum {string} */
                accelerator: "kvm" | "tcg";
                machineType?: string | null;
                memoryBytes: number;
                vcpus?: number | null;
                state: string;
                migrating: boolean;
                losesWrites?: string | null;
            };
            initiator?: {
                user: string;
                uid: number;
                host: string;
                pid: number;
                command: string[];
            } | null;
            reason?: string | null;
            correlationId?: string | null;
            continues?: string | null;
            /** @default [] */
            inherits?: {
                /** @enum {string} */
                side: "source" | "destination";
                settings: {
                    parameters: {
                        [key: string]: unknown;
                    };
                    capabilities: {
                        [key: string]: boolean;
                    };
                    other?: {
                        [key: string]: unknown;
                    };
                    made?: string[];
                };
            }[];
            /** @default false */
            destinationWaits?: boolean;
            streams?: {
                connections: number | null;
                /** @enum {string} */
                compression: "none" | "zstd";
            } | null;
            /** @default null */
            encrypted?: boolean | null;
        } | {
            /** @constant */
            type: "foreseen";
            known: {
                memoryBytes?: number | null;
                vcpus?: number | null;
                residentBytes?: number | null;
                probes: {
                    durationMs: number | null;
                    bytes: number | null;
                    unsentBytes?: number;
                }[];
                earlierPasses: {
                    durationMs: number | null;
                    bytes: number | null;
                    unsentBytes?: number;
                }[];
                firstPassBytes?: number | null;
                passTransfers: {
                    durationMs: number | null;
                    bytes: number | null;
                }[];
                switchoverTransfers: {
                    durationMs: number | null;
                    bytes: number | null;
                }[];
                wordMs?: number | null;
                compressed?: boolean;
                written?: {
                    left: number;
                    bytesPerSecond: number;
                };
                switchovers: {
                    pauseMs: number | null;
                    bytes: number | null;
                    lineRateBytesPerSecond: number | null;
                    guest?: {
                        isThis: boolean;
                        memoryBytes?: number | null;
                        vcpus?: number | null;
                    };
                }[];
            };
            tookMs: number | null;
        } | {
            /** @constant */
            type: "probed";
            probe: {
                durationMs: number | null;
                bytes: number | null;
                unsentBytes?: number;
            };
        } | {
            /** @constant */
            type: "before";
            /** @enum {string} */
            side: "source" | "destination";
            settings: {
                parameters: {
                    [key: string]: unknown;
                };
                capabilities: {
                    [key: string]: boolean;
                };
                other?: {
                    [key: string]: unknown;
                };
                made?: string[];
            };
        } | {
            /** @constant */
            type: "restored";
            /** @enum {string} */
            side: "source" | "destination";
            problem: string | null;
        } | {
            /** @constant */
            type: "intent";
            /** @enum {string} */
            intent: "start" | "cancel" | "fence" | "release" | "resume" | "let-run" | "halt" | "recover";
            side: ("source" | "destination") | null;
        } | {
            /** @constant */
            type: "state";
            from: string;
            to: string;
        } | {
            /** @constant */
            type: "boundary";
            boundary: {
                /** @constant */
                kind: "boundary";
                atMs: number;
                pass: number;
                sentBytes: number | null;
                carriedBytes?: number | null;
                remainingBytes: number | null;
                totalBytes: number | null;
                throttlePercent?: number;
                ended?: {
                    durationMs: number | null;
                    sentBytes: number | null;
                    carriedBytes?: number | null;
                    beganWithBytes?: number;
                    bandwidthBytesPerSecond: number | null;
                    dirtyRateBytesPerSecond: number | null;
                } | null;
                lineRateBytesPerSecond?: number | null;
                pauseForecastMs?: number | null;
            };
        } | {
            /** @constant */
            type: "tick";
            tick: {
                /** @constant */
                kind: "tick";
                atMs: number;
                pass: number;
                sentBytes: number | null;
                carriedBytes?: number | null;
                remainingBytes: number | null;
                totalBytes: number | null;
                throttlePercent: number | null;
            };
        } | {
            /** @constant */
            type: "limits";
            limits: {
                downtimeMs: number | null;
                maxDowntimeMs: number | null;
                timeoutMs?: number | null;
                stallTimeoutMs: number | null;
                bandwidthBytesPerSecond?: number | null;
                lineRateBytesPerSecond?: number | null;
                /** @enum {string} */
                overBudget: "abort" | "brake" | "post-copy" | "leave";
                /**
                 * @default over-budget
                 * @enum {string}
                 */
                brake?: "never" | "over-budget" | "when-it-pays";
                /** @default 0 */
                brakeForMs?: number;
            };
            reason: string | null;
        } | {
            /** @constant */
            type: "decision";
            pass: number;
            decision: {
                /** @constant */
                action: "set-downtime-limit";
                downtimeLimitMs: number | null;
                /** @constant */
                asIs: true;
                reason: string;
                memoryIntensive?: boolean;
            } | {
                /** @constant */
                action: "set-downtime-limit";
                downtimeLimitMs: number | null;
                /** @constant */
                asIs?: false;
                lineRateBytesPerSecond?: number | null;
                perWireByte?: number;
                /** @default 50 */
                fixedCostMs?: number;
                reason: string;
                memoryIntensive?: boolean;
            } | ({
                /** @constant */
                action: "continue";
                reason: string;
                memoryIntensive?: boolean;
            } | {
                /** @constant */
                action: "switchover";
                acceptedPauseMs: number | null;
                lineRateBytesPerSecond?: number | null;
                perWireByte?: number;
                /** @default 50 */
                fixedCostMs?: number;
                reason: string;
                memoryIntensive?: boolean;
            } | {
                /** @constant */
                action: "throttle";
                throttlePercent: number | null;
                insteadOf?: {
                    pauseMs: number | null;
                    exchangeRate: number | null;
                    brownOutPrice: number | null;
                };
                fixedCostMs?: number | null;
                reason: string;
                memoryIntensive?: boolean;
            } | {
                /** @constant */
                action: "suspend";
                reason: string;
                memoryIntensive?: boolean;
            } | {
                /** @constant */
                action: "post-copy";
                reason: string;
                memoryIntensive?: boolean;
            } | {
                /** @constant */
                action: "abort";
                neededPauseMs?: number | null;
                reason: string;
                memoryIntensive?: boolean;
            });
        } | {
            /** @constant */
            type: "effect";
            did: string;
            set?: {
                [key: string]: unknown;
            };
        } | {
            /** @constant */
            type: "guest";
            /** @enum {string} */
            event: "stopped" | "resumed";
            /** @enum {string} */
            side: "source" | "destination";
        } | {
            /** @constant */
            type: "status";
            status: string;
        } | {
            /** @constant */
            type: "monitor";
            /** @enum {string} */
            side: "source" | "destination";
            /** @enum {string} */
            state: "lost" | "back" | "ended";
            words: string;
        } | {
            /** @constant */
            type: "located";
            source: string;
            destination: string;
        } | {
            /** @constant */
            type: "warning";
            message: string;
        } | {
            /** @constant */
            type: "ended";
            outcome: {
                /** @enum {string} */
                outcome: "completed" | "aborted" | "cancelled" | "failed" | "detached";
                /** @enum {string} */
                runsOn: "source" | "destination" | "nowhere" | "unknown";
                reason: string;
                pauseMs: number | null;
                brownOut?: {
                    ms: number | null;
                    percent: number | null;
                } | null;
                totalMs: number | null;
                sentBytes: number | null;
                memoryIntensive: boolean | null;
                neededPauseMs: number | null;
                reportedDowntimeMs: number | null;
                remotePages?: {
                    ms: number | null;
                    allBlockedMs: number | null;
                    vcpuBlockedMs: number[] | null;
                    pageLatencyMs: number | null;
                } | null;
                encrypted?: boolean | null;
            };
        });
        Replayed: {
            policies: {
                policy: string;
                /** @enum {string} */
                verdict: "switchover" | "throttle" | "suspend" | "post-copy" | "abort" | "fits" | "undecided";
                pass: number;
                atMs: number;
                remainingBytes: number;
                sentBytes: number;
                pauseForecastMs?: number;
                reason: string;
            }[];
        };
        /**
         * @example {
         *       "policies": [
         *         "mp",
         *         "nova"
         *       ],
         *       "maxDowntimeMs": 500
         *     }
         */
        ReplayRequest: {
            /** @description left out: all */
            policies?: ("forecast" | "mp" | "relaxed" | "stock" | "cloud-hypervisor" | "cloudstack" | "hyper-v" | "incus" | "kubevirt" | "kubevirt-downtime-ramp" | "kubevirt-stall-detector" | "nova" | "nova-force-complete" | "ovirt-legacy" | "ovirt-minimal-downtime" | "ovirt-post-copy" | "ovirt-suspend-workload" | "ovirt-very-large-vms" | "proxmox" | "rate-of-change" | "virsh-timeout" | "virsh-timeout-postcopy" | "xen")[];
            downtimeMs?: number;
            maxDowntimeMs?: number;
        };
        /**
         * @example {
         *       "vm": "vm1",
         *       "destination": "qemu+ssh://root@host2/system",
         *       "maxDowntimeMs": 1000,
         *       "reason": "maintenance of host1"
         *     }
         */
        StartRequest: {
            /** @description a libvirt domain's name, or the monitor of a QEMU: qmp:/run/vm1.sock */
            vm: string;
            /** @description URI of the destination host, or the monitor of the QEMU that waits */
            destination: string;
            /** @description URI of the source host, for a libvirt domain (default: the configured one) */
            connect?: string;
            /** @description where the destination listens for the memory: tcp:10.77.0.2:4444 */
            migrateUri?: string;
            /** @description the same as the destination is told, where that is another address */
            listenUri?: string;
            /**
             * @description how to decide
             * @enum {string}
             */
            policy?: "forecast" | "mp" | "relaxed" | "stock";
            /** @description the pause that is always fine */
            downtimeMs?: number;
            /** @description the longest pause allowed */
            maxDowntimeMs?: number;
            /** @description give up after this long */
            timeoutMs?: number;
            /** @description give up when nothing moves for this long */
            stallTimeoutMs?: number;
            /** @description cap of the passes */
            bandwidthBytesPerSecond?: number;
            /** @description the link's rate, which the last step runs at */
            lineRateBytesPerSecond?: number;
            /**
             * @description when no pause within maxDowntimeMs is possible
             * @enum {string}
             */
            overBudget?: "abort" | "brake" | "post-copy" | "leave";
            /**
             * @description when the guest may be slowed down
             * @enum {string}
             */
            brake?: "never" | "over-budget" | "when-it-pays";
            /** @description the longest that a brake may slow the guest down */
            brakeForMs?: number;
            /** @description parameters of the policy, as on the command line */
            policyOptions?: {
                [key: string]: string;
            };
            /** @description why, for the journal */
            reason?: string;
            /** @description your own number for it: a ticket, a request */
            correlationId?: string;
        };
        /**
         * @example {
         *       "reason": "not today"
         *     }
         */
        ReasonRequest: {
            /** @description why, for the journal and the audit */
            reason?: string;
        };
        /**
         * @example {
         *       "maxDowntimeMs": 2000
         *     }
         */
        LimitsRequest: {
            downtimeMs?: number;
            maxDowntimeMs?: number;
            /** @description cap of the passes from now on; null: none. What was set before is put back in the end */
            bandwidthBytesPerSecond?: number | null;
        };
        Plan: {
            /** @enum {number} */
            schema: 1;
            /** @description the guest's name */
            vm: string;
            source: string;
            /** @description null: not chosen, so not checked */
            destination: string | null;
            /**
             * @description converges: within the pause that is always fine; memory-intensive: by a longer one, or by other means; not-possible: not within the limits
             * @enum {string}
             */
            verdict: "converges" | "memory-intensive" | "not-possible" | "not-known";
            /** @description the verdict in words */
            sentence: string;
            /**
             * @description what has to be known for a plan and is not
             * @enum {string|null}
             */
            missing: "link" | "guest" | null;
            /** @description what forbids the migration, as migrate --dry-run finds it */
            findings: {
                code: string;
                message: string;
            }[];
            notes: string[];
            guest: {
                hypervisor: string;
                accelerator: string;
                state: string;
                memoryBytes: number;
                /** @description of it, what QEMU's process holds; null: not known */
                residentBytes: number | null;
            };
            knownBy: {
                tookMs: number;
                probes: {
                    durationMs: number;
                    dirtiedBytes: number;
                }[];
                probeRefusal: string | null;
                /** @description passes of this guest's earlier migrations */
                earlierPasses: number;
                /** @description passes and switchovers over this link */
                earlierTransfers: number;
            };
            prospects: {
                payloadBytesPerSecond: {
                    low: number;
                    likely: number;
                    high: number;
                };
                firstPassBytes: {
                    low: number;
                    likely: number;
                    high: number;
                };
                fixedCostMs: {
                    low: number;
                    likely: number;
                    high: number;
                };
                hadPhases: boolean;
            } | null;
            chosen: {
                policy: string;
                /**
                 * @description in the likely case
                 * @enum {string}
                 */
                end: "completed" | "gives-up" | "never-ends";
                /**
                 * @description of the cases that what is known allows
                 * @enum {string}
                 */
                completes: "in-all-cases" | "in-some-cases" | "in-no-case";
                /** @description null unless it completes */
                totalMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                sentBytes: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest stands still */
                pauseMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest runs by post-copy on memory that is still on its way; null: it does not */
                remotePagesMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest is slowed down before, and by how much of its time; null: it is not */
                brownOut: {
                    ms: number;
                    percent: number;
                } | null;
                /** @description what else it takes */
                usedMeans: ("post-copy" | "suspend")[];
                /** @description the pause that would have to be allowed, where it gives up for that */
                neededPauseMs: number | null;
                reason: string;
            } | null;
            others: {
                policy: string;
                /**
                 * @description in the likely case
                 * @enum {string}
                 */
                end: "completed" | "gives-up" | "never-ends";
                /**
                 * @description of the cases that what is known allows
                 * @enum {string}
                 */
                completes: "in-all-cases" | "in-some-cases" | "in-no-case";
                /** @description null unless it completes */
                totalMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                sentBytes: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest stands still */
                pauseMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest runs by post-copy on memory that is still on its way; null: it does not */
                remotePagesMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest is slowed down before, and by how much of its time; null: it is not */
                brownOut: {
                    ms: number;
                    percent: number;
                } | null;
                /** @description what else it takes */
                usedMeans: ("post-copy" | "suspend")[];
                /** @description the pause that would have to be allowed, where it gives up for that */
                neededPauseMs: number | null;
                reason: string;
            }[];
            /** @description the chosen policy with --compress zstd; null: the pages cannot be read from here */
            compressed: {
                policy: string;
                /**
                 * @description in the likely case
                 * @enum {string}
                 */
                end: "completed" | "gives-up" | "never-ends";
                /**
                 * @description of the cases that what is known allows
                 * @enum {string}
                 */
                completes: "in-all-cases" | "in-some-cases" | "in-no-case";
                /** @description null unless it completes */
                totalMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                sentBytes: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest stands still */
                pauseMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest runs by post-copy on memory that is still on its way; null: it does not */
                remotePagesMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long the guest is slowed down before, and by how much of its time; null: it is not */
                brownOut: {
                    ms: number;
                    percent: number;
                } | null;
                /** @description what else it takes */
                usedMeans: ("post-copy" | "suspend")[];
                /** @description the pause that would have to be allowed, where it gives up for that */
                neededPauseMs: number | null;
                reason: string;
            } | null;
            /** @description other lines and other pauses, likely figures; null unless --table asked for it */
            whatIf: {
                /** @description of memory, in bytes per second */
                lineRates: number[];
                maxDowntimesMs: number[];
                /** @description by line, then by pause; null: not possible */
                cells: ({
                    totalMs: number;
                    pauseMs: number;
                } | null)[][];
            } | null;
            /** @description each would make possible what is not */
            waysOut: {
                option: string;
                rehearsal: {
                    policy: string;
                    /**
                     * @description in the likely case
                     * @enum {string}
                     */
                    end: "completed" | "gives-up" | "never-ends";
                    /**
                     * @description of the cases that what is known allows
                     * @enum {string}
                     */
                    completes: "in-all-cases" | "in-some-cases" | "in-no-case";
                    /** @description null unless it completes */
                    totalMs: {
                        low: number;
                        likely: number;
                        high: number;
                    } | null;
                    sentBytes: {
                        low: number;
                        likely: number;
                        high: number;
                    } | null;
                    /** @description how long the guest stands still */
                    pauseMs: {
                        low: number;
                        likely: number;
                        high: number;
                    } | null;
                    /** @description how long the guest runs by post-copy on memory that is still on its way; null: it does not */
                    remotePagesMs: {
                        low: number;
                        likely: number;
                        high: number;
                    } | null;
                    /** @description how long the guest is slowed down before, and by how much of its time; null: it is not */
                    brownOut: {
                        ms: number;
                        percent: number;
                    } | null;
                    /** @description what else it takes */
                    usedMeans: ("post-copy" | "suspend")[];
                    /** @description the pause that would have to be allowed, where it gives up for that */
                    neededPauseMs: number | null;
                    reason: string;
                };
            }[];
            limits: {
                downtimeMs: number;
                maxDowntimeMs: number;
                timeoutMs: number | null;
                bandwidthBytesPerSecond: number | null;
                lineRateBytesPerSecond: number | null;
                overBudget: string;
                brake: string;
                brakeForMs: number;
            };
            /** @description as `switchover plan` prints it; the rest is as with `--json` */
            text: string;
        };
        /**
         * @example {
         *       "vm": "vm1",
         *       "lineRateBytesPerSecond": 1250000000,
         *       "maxDowntimeMs": 500
         *     }
         */
        PlanRequest: {
            /** @description a libvirt domain's name, or the monitor of a QEMU: qmp:/run/vm1.sock */
            vm: string;
            /** @description left out: not chosen yet, so not checked */
            destination?: string;
            /** @description URI of the source host, for a libvirt domain (default: the configured one) */
            connect?: string;
            /** @description where the destination listens for the memory: tcp:10.77.0.2:4444 */
            migrateUri?: string;
            /** @description the same as the destination is told, where that is another address */
            listenUri?: string;
            /**
             * @description how to decide
             * @enum {string}
             */
            policy?: "forecast" | "mp" | "relaxed" | "stock";
            /** @description the pause that is always fine */
            downtimeMs?: number;
            /** @description the longest pause allowed */
            maxDowntimeMs?: number;
            /** @description give up after this long */
            timeoutMs?: number;
            /** @description give up when nothing moves for this long */
            stallTimeoutMs?: number;
            /** @description cap of the passes */
            bandwidthBytesPerSecond?: number;
            /** @description the link's rate, which the last step runs at */
            lineRateBytesPerSecond?: number;
            /**
             * @description when no pause within maxDowntimeMs is possible
             * @enum {string}
             */
            overBudget?: "abort" | "brake" | "post-copy" | "leave";
            /**
             * @description when the guest may be slowed down
             * @enum {string}
             */
            brake?: "never" | "over-budget" | "when-it-pays";
            /** @description the longest that a brake may slow the guest down */
            brakeForMs?: number;
            /** @description parameters of the policy, as on the command line */
            policyOptions?: {
                [key: string]: string;
            };
            /** @description other lines and other pauses too */
            whatIf?: boolean;
            /** @description the longest of the probes (3000) */
            probeMs?: number;
        };
        Audit: {
            entries: components["schemas"]["AuditEntry"][];
        };
        AuditEntry: {
            /** Format: date-time */
            time: string;
            /** @description the name of the token; local: without one, on this machine */
            who: string;
            role: string;
            /** @description the address that it came from; null: the socket */
            from: string | null;
            /** @enum {string} */
            did: "start" | "cancel" | "limits" | "switchover" | "token-add" | "token-remove" | "drain" | "drain-pause" | "drain-resume" | "drain-cancel" | "drain-release" | "drain-retry" | "drain-allow-pause" | "drain-decide" | "drain-return" | "cordon" | "uncordon";
            /** @description its id, once there is one; null: it is of none */
            migration: string | null;
            /** @description its id, once there is one; left out: it is of none */
            drain?: string | null;
            /** @description the request; `before` and `after` of what it changes */
            asked: {
                [key: string]: unknown;
            };
            reason: string | null;
            /** @description asked; then done, or the code of the problem */
            cameTo: string;
        };
        /** @description the newest first */
        Drains: {
            drains: components["schemas"]["DrainSummary"][];
        };
        /**
         * @example {
         *       "schema": 1,
         *       "id": "5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa",
         *       "host": "qemu+ssh://root@host1/system",
         *       "kind": "drain",
         *       "state": "draining",
         *       "words": "draining: 3 VMs left, 1 on the way",
         *       "outcome": null,
         *       "exitStatus": 5,
         *       "requestedBy": "ops",
         *       "reason": "kernel update",
         *       "priority": 0,
         *       "begun": "2026-11-29T20:00:00.000Z",
         *       "deadline": "2026-11-29T22:00:00.000Z",
         *       "trouble": null,
         *       "heldBy": null,
         *       "final": false,
         *       "revision": 3,
         *       "waitsFor": "draining: 3 VMs left, 1 on the way",
         *       "reasons": [],
         *       "actions": [
         *         "pause",
         *         "cancel",
         *         "release"
         *       ],
         *       "endedAt": null,
         *       "forecastEnd": {
         *         "low": "2026-11-29T20:21:00.000Z",
         *         "likely": "2026-11-29T20:24:10.000Z",
         *         "high": "2026-11-29T20:31:00.000Z"
         *       },
         *       "emptySince": null,
         *       "counts": {
         *         "queued": 2,
         *         "moving": 1,
         *         "moved": 5,
         *         "stopping": 0,
         *         "off": 0,
         *         "held": 0,
         *         "left": 0,
         *         "gone": 0,
         *         "unknown": 0
         *       },
         *       "memoryBytes": {
         *         "all": 68719476736,
         *         "left": 17179869184
         *       }
         *     }
         */
        DrainSummary: {
            /** @enum {number} */
            schema: 1;
            id: string;
            host: string;
            /**
             * @description return: what had left the host comes back to it
             * @enum {string}
             */
            kind: "drain" | "return";
            /** @enum {string} */
            state: "waiting" | "draining" | "paused" | "blocked" | "empty" | "ended";
            words: string;
            /** @enum {string|null} */
            outcome: "released" | "returned" | "cancelled" | "expired" | null;
            /** @description 0 no VM is left there; 3 refused, nothing was moved; 4 some remain after failures, by their own word, or for a person to decide; 5 some remain for the deadline, a pause limit or room; 6 a person has to look */
            exitStatus: number;
            requestedBy: string;
            reason: string | null;
            /** @description moves of drains of a higher one begin first where they compete; 0 unless it was said */
            priority: number;
            begun: string;
            /** @description in UTC, as ISO 8601 */
            deadline: string | null;
            /** @description what a program before or after said that does not let it go on; null: none did */
            heldBy: string | null;
            /** @description what the host said where it did not answer; null: it answers */
            trouble: string | null;
            /** @description nothing of it changes any more by itself */
            final: boolean;
            /** @description rises with what is wanted of it and with its state, for If-Match */
            revision: number;
            /** @description in words: what it waits for; once it is final, how it ended */
            waitsFor: string;
            /** @description what keeps VMs there */
            reasons: {
                code: string;
                words: string;
                /** @description what would help, where the words do not say it */
                remedy: string | null;
                /** @description names of the VMs that it keeps there; none: the drain as a whole */
                vms: string[];
            }[];
            actions: ("pause" | "resume" | "cancel" | "release" | "return")[];
            /** Format: date-time */
            endedAt: string | null;
            /** @description when those that can leave have left, by what each was expected to take, and by how long what has left took against that; null: over, or not known */
            forecastEnd: {
                /** Format: date-time */
                low: string;
                /** Format: date-time */
                likely: string;
                /** Format: date-time */
                high: string;
            } | null;
            /**
             * Format: date-time
             * @description since when its host has been seen without a VM
             */
            emptySince: string | null;
            /** @description VMs by state */
            counts: {
                queued: number;
                moving: number;
                moved: number;
                stopping: number;
                off: number;
                held: number;
                left: number;
                gone: number;
                unknown: number;
            };
            memoryBytes: {
                all: number;
                /** @description of VMs that are still there */
                left: number;
            };
        };
        /**
         * @example {
         *       "schema": 1,
         *       "id": "5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa",
         *       "host": "qemu+ssh://root@host1/system",
         *       "kind": "drain",
         *       "state": "draining",
         *       "words": "draining: 3 VMs left, 1 on the way",
         *       "outcome": null,
         *       "exitStatus": 5,
         *       "requestedBy": "ops",
         *       "reason": "kernel update",
         *       "priority": 0,
         *       "begun": "2026-11-29T20:00:00.000Z",
         *       "deadline": "2026-11-29T22:00:00.000Z",
         *       "trouble": null,
         *       "heldBy": null,
         *       "final": false,
         *       "revision": 3,
         *       "waitsFor": "draining: 3 VMs left, 1 on the way",
         *       "reasons": [],
         *       "actions": [
         *         "pause",
         *         "cancel",
         *         "release"
         *       ],
         *       "endedAt": null,
         *       "forecastEnd": {
         *         "low": "2026-11-29T20:21:00.000Z",
         *         "likely": "2026-11-29T20:24:10.000Z",
         *         "high": "2026-11-29T20:31:00.000Z"
         *       },
         *       "emptySince": null,
         *       "counts": {
         *         "queued": 2,
         *         "moving": 1,
         *         "moved": 5,
         *         "stopping": 0,
         *         "off": 0,
         *         "held": 0,
         *         "left": 0,
         *         "gone": 0,
         *         "unknown": 0
         *       },
         *       "memoryBytes": {
         *         "all": 68719476736,
         *         "left": 17179869184
         *       },
         *       "vms": [],
         *       "destinations": []
         *     }
         */
        Drain: {
            /** @enum {number} */
            schema: 1;
            id: string;
            host: string;
            /**
             * @description return: what had left the host comes back to it
             * @enum {string}
             */
            kind: "drain" | "return";
            /** @enum {string} */
            state: "waiting" | "draining" | "paused" | "blocked" | "empty" | "ended";
            words: string;
            /** @enum {string|null} */
            outcome: "released" | "returned" | "cancelled" | "expired" | null;
            /** @description 0 no VM is left there; 3 refused, nothing was moved; 4 some remain after failures, by their own word, or for a person to decide; 5 some remain for the deadline, a pause limit or room; 6 a person has to look */
            exitStatus: number;
            requestedBy: string;
            reason: string | null;
            /** @description moves of drains of a higher one begin first where they compete; 0 unless it was said */
            priority: number;
            begun: string;
            /** @description in UTC, as ISO 8601 */
            deadline: string | null;
            /** @description what a program before or after said that does not let it go on; null: none did */
            heldBy: string | null;
            /** @description what the host said where it did not answer; null: it answers */
            trouble: string | null;
            /** @description nothing of it changes any more by itself */
            final: boolean;
            /** @description rises with what is wanted of it and with its state, for If-Match */
            revision: number;
            /** @description in words: what it waits for; once it is final, how it ended */
            waitsFor: string;
            /** @description what keeps VMs there */
            reasons: {
                code: string;
                words: string;
                /** @description what would help, where the words do not say it */
                remedy: string | null;
                /** @description names of the VMs that it keeps there; none: the drain as a whole */
                vms: string[];
            }[];
            actions: ("pause" | "resume" | "cancel" | "release" | "return")[];
            /** Format: date-time */
            endedAt: string | null;
            /** @description when those that can leave have left, by what each was expected to take, and by how long what has left took against that; null: over, or not known */
            forecastEnd: {
                /** Format: date-time */
                low: string;
                /** Format: date-time */
                likely: string;
                /** Format: date-time */
                high: string;
            } | null;
            /**
             * Format: date-time
             * @description since when its host has been seen without a VM
             */
            emptySince: string | null;
            /** @description VMs by state */
            counts: {
                queued: number;
                moving: number;
                moved: number;
                stopping: number;
                off: number;
                held: number;
                left: number;
                gone: number;
                unknown: number;
            };
            memoryBytes: {
                all: number;
                /** @description of VMs that are still there */
                left: number;
            };
            /** @description in the order in which they leave */
            vms: {
                uuid: string;
                name: string;
                /**
                 * @description stopping: it was asked to shut down; off: it did; held: needs a person; left: it stays, by its own or a person's word; gone: off, or moved by others; unknown: it is not certain where it runs
                 * @enum {string}
                 */
                state: "queued" | "moving" | "moved" | "stopping" | "off" | "held" | "left" | "gone" | "unknown";
                /**
                 * @description how it is to leave; start: it is started again
                 * @enum {string}
                 */
                way: "move" | "shutdown" | "shutdown-and-return" | "start";
                /** @description who decided that, whatever its own word is; null: nobody */
                decidedBy: string | null;
                /** @description the same as a sentence */
                words: string;
                /** @description where it goes, went, or was to go last */
                to: string | null;
                reason: {
                    code: string;
                    words: string;
                    /** @description what would help, where the words do not say it */
                    remedy: string | null;
                } | null;
                tries: number;
                /** @description in UTC, as ISO 8601 */
                nextTry: string | null;
                /** @description it waits for a calmer moment, until then at the latest, in UTC as ISO 8601; null: it does not */
                calmUntil: string | null;
                /** @description what its guest was told of this try, by its own word; null: nothing */
                notice: {
                    /** @description it is not moved before, in UTC, as ISO 8601 */
                    until: string;
                    /** @description why its guest could not be told; null: it was */
                    unheard: string | null;
                } | null;
                memoryBytes: number;
                /** @description it has its links alone */
                memoryIntensive: boolean;
                /**
                 * Format: date-time
                 * @description when its last move was let in
                 */
                startedAt: string | null;
                /** Format: date-time */
                endedAt: string | null;
                /** @description the id of its migration, where this service follows or followed it */
                migration: string | null;
                actions: ("retry" | "allow-pause" | "decide")[];
            }[];
            destinations: {
                host: string;
                /** @description why nothing is known of it now */
                problem: string | null;
                /** @description what new guests could get; null: not known */
                freeBytes: number | null;
                /** @description of that, promised to VMs on their way there, of whichever drain */
                promisedBytes: number;
                /** @description of that, kept free by this drain; null: not known */
                keptFreeBytes: number | null;
                /** @description VMs on their way there, of whichever drain */
                coming: number;
                /** @description VMs of this drain that have arrived */
                arrived: number;
                /** @description by whose word nothing new is to come there */
                cordonedBy: string | null;
                /**
                 * Format: date-time
                 * @description left out until then, after three failures in a row
                 */
                outUntil: string | null;
            }[];
        };
        /**
         * @example {
         *       "host": "qemu+ssh://root@host1/system",
         *       "to": [
         *         {
         *           "host": "qemu+ssh://root@host2/system"
         *         },
         *         {
         *           "host": "qemu+ssh://root@host3/system"
         *         }
         *       ],
         *       "withinMs": 7200000,
         *       "lineRateBytesPerSecond": 1250000000,
         *       "reason": "kernel update"
         *     }
         */
        DrainRequest: {
            /** @description the host that is to be emptied */
            host: string;
            /** @description the hosts that VMs may go to */
            to: {
                /** @description as the source host reaches it */
                host: string;
                /** @description where the memory is sent: tcp://10.77.0.2 */
                migrateUri?: string;
            }[];
            /** @enum {string} */
            order?: "hardest-first" | "easy-first" | "listed";
            /** @description the most calm VMs on a link at a time */
            atATime?: number;
            /** @description kept free on each destination (as much as the largest VM that runs there) */
            reserveBytes?: number;
            /** @description what all VMs that are on their way may take of a host's link together (all of it) */
            linkBudgetBytesPerSecond?: number;
            /** @description times in which moves may begin, in the service's time (any) */
            windows?: string[];
            /**
             * @description calm: a VM that would have to stand still for longer than is always fine, or that does not fit its limits, waits for a calmer moment (now)
             * @enum {string}
             */
            startWhen?: "now" | "calm";
            /** @description how long each may wait for that; then it moves as it is, or is held (as the deadline allows) */
            calmWithinMs?: number;
            /** @description how long a VM that is shut down may take until it is off (300000) */
            shutdownTimeoutMs?: number;
            /** @description groups of VM names of which no two may be on one host */
            apart?: string[][];
            /**
             * Format: date-time
             * @description nothing is begun after it; give this or withinMs, or neither
             */
            deadline?: string;
            /** @description the same, from now on */
            withinMs?: number;
            /** @description the longest of the probes of each VM (3000) */
            probeMs?: number;
            /**
             * @description how to decide
             * @enum {string}
             */
            policy?: "forecast" | "mp" | "relaxed" | "stock";
            /** @description the pause that is always fine */
            downtimeMs?: number;
            /** @description the longest pause allowed */
            maxDowntimeMs?: number;
            /** @description give up after this long */
            timeoutMs?: number;
            /** @description give up when nothing moves for this long */
            stallTimeoutMs?: number;
            /** @description cap of the passes */
            bandwidthBytesPerSecond?: number;
            /** @description the link's rate, which the last step runs at */
            lineRateBytesPerSecond?: number;
            /**
             * @description when no pause within maxDowntimeMs is possible
             * @enum {string}
             */
            overBudget?: "abort" | "brake" | "post-copy" | "leave";
            /**
             * @description when the guest may be slowed down
             * @enum {string}
             */
            brake?: "never" | "over-budget" | "when-it-pays";
            /** @description the longest that a brake may slow the guest down */
            brakeForMs?: number;
            /** @description parameters of the policy, as on the command line */
            policyOptions?: {
                [key: string]: string;
            };
            /** @description none is moved where the plan says that not all can leave */
            allOrNothing?: boolean;
            /** @description at the deadline what is on its way is cancelled, and stays; otherwise it arrives */
            abortRunning?: boolean;
            /** @description once the host is released what left it comes back */
            returns?: boolean;
            /** @description of this drain among others: where they compete, what a higher one moves goes first (0) */
            priority?: number;
            /** @description why, for the drain and the audit */
            reason?: string;
        };
        /** @description as `switchover drain --plan --json` prints it */
        DrainPlan: {
            /** @enum {number} */
            schema: 1;
            host: string;
            /**
             * Format: date-time
             * @description when it was made, in UTC: all times of it are counted from then
             */
            madeAt: string;
            /**
             * @description some-stay: not all can leave; too-late: all can, most likely not by the deadline, or not in the windows that there will be; not-known: all can, and how long it takes is not known
             * @enum {string}
             */
            verdict: "all-leave" | "some-stay" | "too-late" | "not-known";
            /** @enum {string} */
            order: "hardest-first" | "easy-first" | "listed";
            /** @description the most VMs on a link at a time; memory-intensive ones have theirs alone */
            atATime: number;
            /** @description when moves may begin, as it was written; empty: at any time */
            windows: string[];
            /** @description when those windows are open, from the first on until the last one has started */
            openings: {
                /** @description after the drain begins; not above 0: it is open then */
                opensMs: number;
                /** @description nothing begins from then on until the next one opens */
                closesMs: number;
            }[];
            /** @description who cannot leave */
            held: {
                uuid: string;
                name: string;
                memoryBytes: number;
                /**
                 * @description what it takes: a change of the VM or the hosts, room, time, or a longer pause
                 * @enum {string}
                 */
                kind: "permanent" | "capacity" | "transient" | "no-pause-fits" | "unknown-side";
                /** @description that hold whatever the destination */
                reasons: {
                    code: string;
                    words: string;
                    /** @description what would help, where the words do not say it */
                    remedy: string | null;
                }[];
                /** @description what each destination has against it */
                refused: {
                    destination: string;
                    reasons: {
                        code: string;
                        words: string;
                        /** @description what would help, where the words do not say it */
                        remedy: string | null;
                    }[];
                }[];
            }[];
            /** @description in the order in which they start */
            moves: {
                uuid: string;
                name: string;
                memoryBytes: number;
                to: string;
                /** @description the other destinations that cannot have it, and why */
                refused: {
                    destination: string;
                    reasons: {
                        code: string;
                        words: string;
                        /** @description what would help, where the words do not say it */
                        remedy: string | null;
                    }[];
                }[];
                /** @description it stops for longer than what is always fine */
                memoryIntensive: boolean;
                /** @description the most VMs on its link at a time, itself included */
                among: number;
                /** @description after the drain begins; null: not known, or it never begins */
                startsMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                endsMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                totalMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description how long it stands still */
                pauseMs: {
                    low: number;
                    likely: number;
                    high: number;
                } | null;
                /** @description before that, from when it starts on, its guest has its notice; 0: it has none */
                noticeMs: number;
                /** @description why it has no times */
                unknown: string | null;
            }[];
            /** @description who is shut down, by its own word */
            stopped: {
                uuid: string;
                name: string;
                memoryBytes: number;
                /** @description it is started again once its host is released */
                returns: boolean;
            }[];
            /** @description until the last one has left, of those that can; null: not known, or some never begin */
            wholeMs: {
                low: number;
                likely: number;
                high: number;
            } | null;
            deadline: {
                /** @description from the start of the drain */
                ms: number;
                /** @enum {string} */
                verdict: "holds" | "doubtful" | "missed";
                /** @description that all moves have arrived by then; null: not known */
                probability: number | null;
                /** @description VMs that would most likely not have begun by then */
                startTooLate: string[];
            } | null;
            room: {
                neededBytes: number;
                /** @description of all destinations; null: one of them does not tell */
                freeBytes: number | null;
                /** @description of that, kept free */
                reservedBytes: number;
            };
            unreachable: {
                destination: string;
                words: string;
            }[];
            /** @description domains of the host that do not run, and stay */
            shutOff: number;
        };
        /**
         * @example {
         *       "host": "qemu+ssh://root@host1/system",
         *       "to": [
         *         {
         *           "host": "qemu+ssh://root@host2/system"
         *         },
         *         {
         *           "host": "qemu+ssh://root@host3/system"
         *         }
         *       ],
         *       "withinMs": 7200000,
         *       "lineRateBytesPerSecond": 1250000000
         *     }
         */
        DrainPlanRequest: {
            /** @description the host that is to be emptied */
            host: string;
            /** @description the hosts that VMs may go to */
            to: {
                /** @description as the source host reaches it */
                host: string;
                /** @description where the memory is sent: tcp://10.77.0.2 */
                migrateUri?: string;
            }[];
            /** @enum {string} */
            order?: "hardest-first" | "easy-first" | "listed";
            /** @description the most calm VMs on a link at a time */
            atATime?: number;
            /** @description kept free on each destination (as much as the largest VM that runs there) */
            reserveBytes?: number;
            /** @description what all VMs that are on their way may take of a host's link together (all of it) */
            linkBudgetBytesPerSecond?: number;
            /** @description times in which moves may begin, in the service's time (any) */
            windows?: string[];
            /**
             * @description calm: a VM that would have to stand still for longer than is always fine, or that does not fit its limits, waits for a calmer moment (now)
             * @enum {string}
             */
            startWhen?: "now" | "calm";
            /** @description how long each may wait for that; then it moves as it is, or is held (as the deadline allows) */
            calmWithinMs?: number;
            /** @description how long a VM that is shut down may take until it is off (300000) */
            shutdownTimeoutMs?: number;
            /** @description groups of VM names of which no two may be on one host */
            apart?: string[][];
            /**
             * Format: date-time
             * @description nothing is begun after it; give this or withinMs, or neither
             */
            deadline?: string;
            /** @description the same, from now on */
            withinMs?: number;
            /** @description the longest of the probes of each VM (3000) */
            probeMs?: number;
            /**
             * @description how to decide
             * @enum {string}
             */
            policy?: "forecast" | "mp" | "relaxed" | "stock";
            /** @description the pause that is always fine */
            downtimeMs?: number;
            /** @description the longest pause allowed */
            maxDowntimeMs?: number;
            /** @description give up after this long */
            timeoutMs?: number;
            /** @description give up when nothing moves for this long */
            stallTimeoutMs?: number;
            /** @description cap of the passes */
            bandwidthBytesPerSecond?: number;
            /** @description the link's rate, which the last step runs at */
            lineRateBytesPerSecond?: number;
            /**
             * @description when no pause within maxDowntimeMs is possible
             * @enum {string}
             */
            overBudget?: "abort" | "brake" | "post-copy" | "leave";
            /**
             * @description when the guest may be slowed down
             * @enum {string}
             */
            brake?: "never" | "over-budget" | "when-it-pays";
            /** @description the longest that a brake may slow the guest down */
            brakeForMs?: number;
            /** @description parameters of the policy, as on the command line */
            policyOptions?: {
                [key: string]: string;
            };
        };
        /**
         * @example {
         *       "abortRunning": true,
         *       "reason": "the window is over"
         *     }
         */
        CancelDrainRequest: {
            /** @description why, for the audit */
            reason?: string;
            /** @description what is on its way is cancelled too, and stays; otherwise it arrives */
            abortRunning?: boolean;
        };
        /**
         * @example {
         *       "reason": "the new kernel runs"
         *     }
         */
        ReturnRequest: {
            to?: {
                /** @description the host, as those reach it that its VMs are on (as the drain names it) */
                host: string;
                /** @description where the memory is sent: tcp://10.77.0.1 */
                migrateUri?: string;
            };
            /** @description why, for the audit */
            reason?: string;
        };
        /**
         * @example {
         *       "maxDowntimeMs": 2500,
         *       "reason": "agreed with its owner"
         *     }
         */
        AllowPauseRequest: {
            /** @description how long this VM may stand still, in this drain */
            maxDowntimeMs: number;
            /** @description why, for the audit */
            reason?: string;
        };
        /**
         * @example {
         *       "decision": "shutdown-and-return",
         *       "reason": "agreed with its owner"
         *     }
         */
        DecideRequest: {
            /**
             * @description move it; shut it down; shut it down, and start it again once its host is released; or leave it where it is
             * @enum {string}
             */
            decision: "move" | "shutdown" | "shutdown-and-return" | "leave";
            /** @description of a move: how long it may stand still, in this drain */
            maxDowntimeMs?: number;
            /** @description why, for the audit */
            reason?: string;
        };
        /**
         * @example {
         *       "host": "qemu+ssh://root@host1/system",
         *       "cordoned": true,
         *       "changed": true
         *     }
         */
        Cordoned: {
            host: string;
            /** @description no drain moves a VM there */
            cordoned: boolean;
            /** @description it was not so before */
            changed: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type WebhookEvent = components['schemas']['WebhookEvent'];
export type MigrationSummary = components['schemas']['MigrationSummary'];
export type Problem = components['schemas']['Problem'];
export type Session = components['schemas']['Session'];
export type Hosts = components['schemas']['Hosts'];
export type Host = components['schemas']['Host'];
export type MigrationPage = components['schemas']['MigrationPage'];
export type ListedMigration = components['schemas']['ListedMigration'];
export type MigrationDocument = components['schemas']['MigrationDocument'];
export type Migration = components['schemas']['Migration'];
export type Journal = components['schemas']['Journal'];
export type JournalEntry = components['schemas']['JournalEntry'];
export type Replayed = components['schemas']['Replayed'];
export type ReplayRequest = components['schemas']['ReplayRequest'];
export type StartRequest = components['schemas']['StartRequest'];
export type ReasonRequest = components['schemas']['ReasonRequest'];
export type LimitsRequest = components['schemas']['LimitsRequest'];
export type Plan = components['schemas']['Plan'];
export type PlanRequest = components['schemas']['PlanRequest'];
export type Audit = components['schemas']['Audit'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type Drains = components['schemas']['Drains'];
export type DrainSummary = components['schemas']['DrainSummary'];
export type Drain = components['schemas']['Drain'];
export type DrainRequest = components['schemas']['DrainRequest'];
export type DrainPlan = components['schemas']['DrainPlan'];
export type DrainPlanRequest = components['schemas']['DrainPlanRequest'];
export type CancelDrainRequest = components['schemas']['CancelDrainRequest'];
export type ReturnRequest = components['schemas']['ReturnRequest'];
export type AllowPauseRequest = components['schemas']['AllowPauseRequest'];
export type DecideRequest = components['schemas']['DecideRequest'];
export type Cordoned = components['schemas']['Cordoned'];
export type $defs = Record<string, never>;
export interface operations {
    isAlive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not yet, and why */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description in the text format of Prometheus */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description you */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHosts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hosts"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMigrations: {
        parameters: {
            query?: {
                state?: "running" | "ended" | "all";
                /** @description part of a VM's name, UUID, address, or of the reason */
                q?: string;
                outcome?: "completed" | "aborted" | "cancelled" | "failed" | "detached";
                /** @description of one of its reasons */
                code?: "needs-a-person" | "needs-longer-pause" | "pause-over-limit" | "braked" | "post-copy" | "connection-lost" | "warning";
                limit?: number;
                /** @description the id of the last one of the page before */
                before?: string;
                /** @description true: each with the document that `switchover list --json` prints */
                documents?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationPage"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startMigration: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key starts it once only, within a day, so that a request may be sent again */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRequest"];
            };
        };
        responses: {
            /** @description it has begun */
            202: {
                headers: {
                    /** @description its place */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationSummary"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMigration: {
        parameters: {
            query?: {
                /** @description answer when it is final, or after that time */
                wait?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it */
            200: {
                headers: {
                    /** @description its revision, for If-Match */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Migration"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJournal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Journal"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followMigration: {
        parameters: {
            query?: never;
            header?: {
                /** @description only what follows that entry */
                "last-event-id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events: `entry` with a JournalEntry as JSON, whose `id` is its number; `alive` every 10 s; `end` after the last one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followMigrations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events: `migration` with a MigrationSummary as JSON, for each that goes on and each that changes, at most four a second of one; `gone` with its id where nothing is kept of it; `alive` every 10 s, and once all that go on have been told */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayMigration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description of each policy */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelMigration: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it is cancelled */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationSummary"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchOver: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description the pause that is always fine is the longest one from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationSummary"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeLimits: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LimitsRequest"];
            };
        };
        responses: {
            /** @description they hold */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationSummary"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planMigration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanRequest"];
            };
        };
        responses: {
            /** @description it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAudit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDrains: {
        parameters: {
            query?: {
                state?: "running" | "ended" | "all";
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description them, without their VMs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drains"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key starts it once only, within a day, so that a request may be sent again */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DrainRequest"];
            };
        };
        responses: {
            /** @description the host is being drained already, and this is how */
            200: {
                headers: {
                    /** @description its place */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description it has begun */
            202: {
                headers: {
                    /** @description its place */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDrain: {
        parameters: {
            query?: {
                /** @description answer when it is final, or after that time */
                wait?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it; with `wait` once it is empty or over, or nothing of it goes on without a person */
            200: {
                headers: {
                    /** @description its revision, for If-Match */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description only what follows that event */
                "last-event-id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description server-sent events: `drain` with a Drain as JSON, whenever it stands otherwise; `happened` with what happened to it or to a VM of it (`id`, `at`, `kind`, `vm`, `name`, `data`), which may come twice after a break; `alive` every 10 s; `end` once it is over */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planDrain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DrainPlanRequest"];
            };
        };
        responses: {
            /** @description it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainPlan"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it is paused */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it goes on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CancelDrainRequest"];
            };
        };
        responses: {
            /** @description nothing new begins */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releaseDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it is released, or will be once what is on its way has arrived */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    returnDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReturnRequest"];
            };
        };
        responses: {
            /** @description it is coming back already, and this is how */
            200: {
                headers: {
                    /** @description its place */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description it has begun */
            202: {
                headers: {
                    /** @description its place */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryVm: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
                /** @description the VM's */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it is queued */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    allowPause: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
                /** @description the VM's */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AllowPauseRequest"];
            };
        };
        responses: {
            /** @description it is queued */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decideVm: {
        parameters: {
            query?: never;
            header?: {
                /** @description the ETag that was seen: nothing is done where the migration has changed since */
                "if-match"?: string;
            };
            path: {
                id: string;
                /** @description the VM's */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecideRequest"];
            };
        };
        responses: {
            /** @description it is queued for that, or left */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drain"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description there is no such migration, drain or VM */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: `code` is that of the finding, and nothing was touched */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it has changed since the revision of If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cordonHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the host's libvirt URI, percent-encoded */
                host: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it is so */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cordoned"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uncordonHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the host's libvirt URI, percent-encoded */
                host: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description it is so */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cordoned"];
                };
            };
            /** @description the body is no JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a token is needed, or is not known here */
            401: {
                headers: {
                    "WWW-Authenticate": "Bearer";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the token may not do that, or a page from elsewhere asks */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the URL is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description the service is not called by that name */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description what was asked for is not understood */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description asked too often, or too much is open: come back after `Retry-After` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description a mistake of ours; it is in the log of the service */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description it cannot be done now: files, settings or the database of the service are not as they should be */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hearOfMigration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookEvent"];
            };
        };
        responses: {
            /** @description it is taken; all else is tried again */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
