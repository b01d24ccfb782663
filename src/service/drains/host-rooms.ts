/** What room hosts have, asked in the background as long as somebody looks: nobody waits for a host that is slow to answer. */
import type { DrainHosts } from '../../fleet/drain-hosts.ts';
import type { Room } from './show-drain.ts';

const HOLDS_FOR_MS = 5000;

interface Asked {
  said: Room;
  askedMs: number;
  asking: Promise<void> | undefined;
}

export class HostRooms {
  private readonly hosts: Pick<DrainHosts, 'look'>;
  private readonly asked = new Map<string, Asked>();

  constructor(hosts: Pick<DrainHosts, 'look'>) {
    this.hosts = hosts;
  }

  /** As it was told last. It is asked anew where that is some seconds ago. */
  of(host: string): Room {
    const asked = this.asked.get(host) ?? { said: undefined, askedMs: -HOLDS_FOR_MS, asking: undefined };
    this.asked.set(host, asked);
    if (!asked.asking && performance.now() - asked.askedMs >= HOLDS_FOR_MS)
      asked.asking = this.ask(host, asked);
    return asked.said;
  }

  /** Settles when each of them was asked once. */
  async known(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) this.of(host);
    await Promise.all(
      hosts.map(async (host) => {
        const asked = this.asked.get(host);
        if (asked?.said === undefined) await asked?.asking;
      }),
    );
  }

  private async ask(host: string, asked: Asked): Promise<void> {
    try {
      const { freeBytes, largestBytes } = await this.hosts.look(host);
      asked.said = { freeBytes, largestBytes };
    } catch (error) {
      asked.said = error instanceof Error ? error.message : String(error);
    }
    asked.askedMs = performance.now();
    asked.asking = undefined;
  }
}
