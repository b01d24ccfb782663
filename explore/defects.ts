/**
 * Deliberate defects, by which it is known that the explorer can see: each takes one guard out of switchover, by its source,
 * and has to be found. A text that is not there exactly once any more is an error, so that the list keeps up with the code.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Defect {
  readonly name: string;
  /** From the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'S1: the source is resumed although the destination was not seen unable to run',
    file: 'src/migration/settle.ts',
    from: '  if (end.postCopyBegan || end.destinationEverRan === true) return false;\n  switch (end.whereabouts.destination) {',
    to: '  if (end.postCopyBegan === end.postCopyBegan) return true;\n  switch (end.whereabouts.destination) {',
  },
  {
    name: 'S1: a monitor that is lost counts as a process that has ended',
    file: 'src/hypervisor/qemu/lasting-state.ts',
    from: "return monitor.state.kind === 'ended' ? 'gone' : 'unreachable';",
    to: "return monitor.state.kind === 'ended' ? 'gone' : 'gone';",
  },
  {
    name: 'S1: the destination is told to run before it has loaded the guest',
    file: 'src/hypervisor/qemu/qemu-migration.ts',
    from: "if (status !== 'inmigrate') break;",
    to: "if (status !== 'never') break;",
  },
  {
    name: 'S2: the destination is not told to wait',
    file: 'src/hypervisor/qemu/set-up.ts',
    from: '  if (!options.destinationStartsItself)\n    await asRefusal(',
    to: '  if (options.force)\n    await asRefusal(',
  },
  {
    name: 'S2: whoever takes over does not know a migration of ours again',
    file: 'src/migration/inheritance.ts',
    from: "began: isThis && left.origin === 'migrate',",
    to: 'began: false,',
  },
  {
    name: 'S2: a guest that stands still on the destination is not let run afterwards',
    file: 'src/migration/settle-afterwards.ts',
    from: "if (settlement.action !== 'resume') return settlement;\n  const vm",
    to: "if (settlement.action !== 'never' as never) return settlement;\n  const vm",
  },
  {
    name: 'S3: whoever answers after a monitor was lost is taken for the VM',
    file: 'src/hypervisor/qemu/lasting-monitor.ts',
    from: 'if (!(await this.parts.isSame(client))) throw new Error(STRANGER);',
    to: 'await this.parts.isSame(client);',
  },
  {
    name: 'S3: whoever answers at the address is settled afterwards',
    file: 'src/hypervisor/qemu/qemu-hypervisor.ts',
    from: 'assertSameVm(meant, vm, await guestFacts(vm, connectedClient(monitor)));\n      await this.quotas',
    to: 'await this.quotas',
  },
  {
    name: 'S3: attach takes whoever answers for the destination',
    file: 'src/hypervisor/qemu/qemu-hypervisor.ts',
    from: 'if (!isSameVm(guest, other))',
    to: 'if (guest === other)',
  },
  {
    name: 'S4: the fence is forgotten in a cancel',
    file: 'src/hypervisor/qemu/qemu-migration.ts',
    from: '    const kept = await this.keepDestination(did);\n    if (!kept) await this.assertCannotStop(did);\n',
    to: '    const kept = true;\n',
  },
  {
    name: 'S4: the source is cancelled before its destination is fenced',
    file: 'src/hypervisor/qemu/qemu-migration.ts',
    from: '    const kept = await this.keepDestination(did);\n    if (!kept) await this.assertCannotStop(did);\n    did.push(await this.endOnSource(kept));\n',
    to: '    did.push(await this.endOnSource(true));\n    await this.keepDestination(did);\n',
  },
  {
    name: 'S4: letting go does not wait for a cancel that is under way',
    file: 'src/migration/supervisor.ts',
    from: "    if (this.state === 'cancelling') {\n      this.detachIfTooLate",
    to: "    if (this.state === 'ended') {\n      this.detachIfTooLate",
  },
  {
    name: 'S4: a cancel that failed is not tried again',
    file: 'src/migration/cancelling.ts',
    from: '      this.nextTryMs = nowMs + waitMs;',
    to: '      this.nextTryMs = Number.POSITIVE_INFINITY + waitMs;',
  },
  {
    name: 'S4: a cancel of ours is said to have come in time whatever became of it',
    file: 'src/migration/supervisor.ts',
    from: "    return runsOn === 'source' ? 'cancelled' : runsOn === 'destination' ? 'too-late' : 'failed';",
    to: "    return runsOn === 'nowhere' ? 'failed' : 'cancelled';",
  },
  {
    name: 'S5: whoever takes over takes what we set for what was set before',
    file: 'src/migration/take-over.ts',
    from: 'const inherited = found && { ...found, former };',
    to: 'const inherited = found && { ...found, former: former.slice(9) };',
  },
  {
    name: 'S5: nothing is put back on the destination',
    file: 'src/hypervisor/qemu/qemu-migration.ts',
    from: "      const monitor = side === 'source' ? this.source : this.destination;\n      return monitor?.state.kind",
    to: "      const monitor = side === 'source' ? this.source : undefined;\n      return monitor?.state.kind",
  },
  {
    name: 'S5: former settings are not written down before they are changed',
    file: 'src/hypervisor/qemu/changed-settings.ts',
    from: '    await remember?.(news);\n',
    to: '',
  },
  {
    name: 'S5: what a failed start could not put back is forgotten',
    file: 'src/migration/run.ts',
    from: '  for (const { side, problem } of error.restored)',
    to: '  for (const { side, problem } of error.restored.slice(9))',
  },
  {
    name: 'S5: a brake by a quota is not let go of with its migration',
    file: 'src/hypervisor/qemu/qemu-migration.ts',
    from: "    if (this.phase.kind !== 'left') this.become('left');\n    this.parts.quota?.release();\n",
    to: "    if (this.phase.kind !== 'left') this.become('left');\n",
  },
  {
    name: 'S5: a quota that a killed controller and its guard left is not undone afterwards',
    file: 'src/hypervisor/qemu/qemu-hypervisor.ts',
    from: '      await this.quotas.releaseLeft(socketPath(vm), connectedClient(monitor));\n',
    to: '',
  },
  {
    name: 'S5: what was made for TLS is not removed',
    file: 'src/hypervisor/qemu/changed-settings.ts',
    from: "    for (const id of this.made) problems.push(...(await this.try('object-del', { id })));\n",
    to: '',
  },
  {
    name: 'the destination of a post-copy that is recovered does not listen anew',
    file: 'src/hypervisor/qemu/recover.ts',
    from: "  await listenAnew(destination, listenUri ?? migrateUri ?? '', clock);\n",
    to: '',
  },
  {
    name: 'S6: no lease is taken',
    file: 'src/migration/run.ts',
    from: '  return await (parts.takeLease ?? takeLease)(guest.uuid ?? guest.vm, {',
    to: '  return await (parts.takeLease ?? takeLease)(String(Math.random()), {',
  },
  {
    name: 'S7: an event that waited for us is taken for new',
    file: 'src/hypervisor/qemu/event-dating.ts',
    from: 'const lateMs = onTheWayMs - quickestMs;',
    to: 'const lateMs = 0 * (onTheWayMs - quickestMs);',
  },
  {
    name: 'S9: a migration that somebody else began is ended for a limit of ours',
    file: 'src/migration/take-over.ts',
    from: "return { ...wish, limits: { ...wish.limits, overBudget: 'leave' } };",
    to: 'return wish;',
  },
  {
    name: 'S1 under libvirt: a destination of which nothing was heard is taken for one that never ran the guest',
    file: 'src/hypervisor/libvirt/libvirt-migration.ts',
    from: "(isHeardOut('destination') ? false : undefined)",
    to: "(isHeardOut('destination') ? false : false)",
  },
  {
    name: 'S5 under libvirt: the downtime limit is not put back',
    file: 'src/hypervisor/libvirt/domain-settings.ts',
    from: 'if (!settings.some(({ isKnown }) => isKnown)) return [];',
    to: 'if (settings.some(({ isKnown }) => isKnown)) return [];',
  },
  {
    name: 'S5: a bandwidth that is changed under way is not written down before',
    file: 'src/hypervisor/qemu/qemu-migration.ts',
    from: "remember(['max-bandwidth'], [], this.parts.remember)",
    to: 'remember([], [], this.parts.remember)',
  },
  {
    name: 'S5 under libvirt: a bandwidth that was changed under way is not put back',
    file: 'src/hypervisor/libvirt/libvirt-migration.ts',
    from: 'putBackAll([this.downtime, this.speed],',
    to: 'putBackAll([this.downtime],',
  },
  {
    name: 'S5 under libvirt: the mark of a controller that was killed is not removed',
    file: 'src/hypervisor/libvirt/claim.ts',
    from: 'if (uri !== undefined) await removeLeftMark',
    to: 'if (uri === null) await removeLeftMark',
  },
  {
    name: 'S7 under libvirt: an event that waited for us is taken for new',
    file: 'src/hypervisor/libvirt/virsh/event-time.ts',
    from: 'const believable = deliveryMs >= 0 && deliveryMs <= LONGEST_DELIVERY_MS;',
    to: 'const believable = deliveryMs < 0 && deliveryMs <= LONGEST_DELIVERY_MS;',
  },
  {
    name: 'S6: watch takes a migration over beside whoever holds it',
    file: 'src/watch/taken-over.ts',
    from: 'await leaseOf(found.facts, parts);',
    to: 'await leaseOf({ ...found.facts, uuid: String(Math.random()) }, parts);',
  },
  {
    name: 'S9: watch ends what it is configured to leave',
    file: 'src/watch/taken-over.ts',
    from: 'const limits = { ...configured, ...otherHand.limits };',
    to: "const limits = { ...configured, ...otherHand.limits, overBudget: 'abort' as const };",
  },
  {
    name: 'watch does not let go of a migration on SIGTERM',
    file: 'src/watch/host-watcher.ts',
    from: '    await Promise.all(taken.map(async (each) => await each?.detach(reason)));\n',
    to: '',
  },
  {
    name: 'watch does not look for a migration whose events it did not hear',
    file: 'src/watch/host-watcher.ts',
    from: 'if (copies) this.consider',
    to: 'if (copies && this.closing) this.consider',
  },
  {
    name: 'watch does not come back to a migration that it could not take over',
    file: 'src/watch/host-watcher.ts',
    from: '.finally(() => this.migrations.delete(name));',
    to: '.finally(() => name);',
  },
  {
    name: 'the journal has figures that its readers refuse',
    file: 'src/hypervisor/observer.ts',
    from: 'Math.max(0, Math.round(Math.min(atRate, atMost)))',
    to: 'Math.max(0, Math.min(atRate, atMost))',
  },
];

/** From here on switchover's sources are loaded with that defect. @throws {Error} where its text is not there once */
export function plant({ file, from, to }: Defect): void {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  assertThere({ file, from });
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== new URL(`file://${path}`).href) return loaded;
      return { ...loaded, source: String(loaded.source).replace(from, () => to) };
    },
  });
}

/** @throws {Error} */
export function assertThere({ file, from }: Pick<Defect, 'file' | 'from'>): void {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`${file} has "${from.trim().slice(0, 60)}" ${times} times, not once`);
}
