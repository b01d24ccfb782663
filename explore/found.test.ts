/** What exploring has found, each as small as it still failed, by what was wrong. */
import { expect, test } from 'vitest';
import { explore } from './explore-one.ts';
import { PLAIN, type Schedule } from './schedule.ts';

const FOUND: Readonly<Record<string, Partial<Schedule>>> = {
  'a monitor that hung up in the look before the start was an unexpected error': {
    faults: [{ on: { command: 'query-migrate-parameters', side: 'destination' }, nth: 1, do: 'drop' }],
  },
  'settings stayed set, and nobody owed them, where a start lost the way to an end': {
    faults: [{ on: { command: 'migrate-set-capabilities', side: 'source' }, nth: 1, do: 'drop' }],
  },
  'a cancel of what was let go of was told to be too late': {
    begin: 'attach',
    guest: 'busy',
    policy: 'forecast',
    hands: [
      { atMs: 666, do: 'freeze', ms: 2000 },
      { atMs: 934, do: 'let-go' },
      { atMs: 2501, do: 'cancel' },
    ],
  },
  'a cancel of what could not be taken over was told to be done': {
    begin: 'attach',
    faults: [
      { on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 1, do: 'hangs', to: 'destination', ms: 5000 },
    ],
    hands: [{ atMs: 1726, do: 'cancel' }],
  },
  'a pause was told by when its ends were read, after a freeze of 300 ms': {
    begin: 'attach',
    hands: [{ atMs: 856, do: 'freeze', ms: 300 }],
  },
  'a pause was told that was over before we knew that the migration had begun': {
    faults: [
      {
        on: { command: 'stop', side: 'destination' },
        nth: 1,
        do: 'connection-silent',
        to: 'source',
        ms: 50,
      },
    ],
    hands: [{ atMs: 46, do: 'freeze', ms: 20_000 }],
  },
  'a limit that was never answered held up the end for ten minutes': {
    guest: 'busy',
    policy: 'forecast',
    overBudget: 'brake',
    faults: [
      { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 4, do: 'never' },
      { on: { atMs: 877 }, nth: 1, do: 'connection-lost', to: 'source', ms: 50 },
    ],
    hands: [{ atMs: 3612, do: 'cancel' }],
  },
  'an attach that was frozen took the disk for full, and the guest for one that runs on the source': {
    begin: 'attach',
    hands: [{ atMs: 14, do: 'freeze', ms: 20_000 }],
  },
  'whoever took over did not say what it could not put back at an end out of reach': {
    faults: [
      {
        on: { command: 'query-migrate-capabilities', side: 'source' },
        nth: 5,
        do: 'connection-lost',
        to: 'destination',
        ms: 5000,
      },
    ],
    hands: [
      { atMs: 1090, do: 'kill' },
      { atMs: 1312, do: 'attach', to: false },
    ],
  },
  'a destination that had run was let run again beside a source that went on by itself': {
    begin: 'migrate, starts itself',
    faults: [{ on: { stream: 'last-byte' }, nth: 1, do: 'link-reset' }],
    hands: [
      { atMs: 973, do: 'freeze', ms: 20_000 },
      { atMs: 1281, do: 'cancel' },
    ],
  },
  'a monitor that had answered and closed by the time that we read it was an unexpected error': {
    begin: 'attach, alone',
    faults: [
      { on: { atMs: 1378 }, nth: 1, do: 'killed', to: 'source' },
      { on: { event: 'MIGRATION', side: 'source' }, nth: 2, do: 'delay', ms: 1000 },
    ],
    hands: [{ atMs: 1082, do: 'freeze', ms: 300 }],
  },
  'who came upon a source that ran again was sure that it had never stopped': {
    begin: 'attach, alone',
    faults: [
      { on: { stream: 'last-byte' }, nth: 1, do: 'link-reset' },
      { on: { command: 'query-migrate-parameters', side: 'source' }, nth: 1, do: 'delay', ms: 6000 },
    ],
  },
  'a pause was told by an event that had waited on its way': {
    begin: 'attach',
    faults: [
      { on: { stream: 'last-byte' }, nth: 1, do: 'killed', to: 'destination' },
      {
        on: { stream: 'last-byte' },
        nth: 1,
        do: 'connection-silent',
        to: 'source',
        ms: Number.POSITIVE_INFINITY,
      },
    ],
  },
  'a frozen controller gave up a command whose answer had arrived': {
    policy: 'forecast',
    hands: [{ atMs: 11, do: 'freeze', ms: 2000 }],
  },
  'a source that came back in the middle of its migration was told to have kept the guest': {
    begin: 'migrate, starts itself',
    guest: 'busy',
    overBudget: 'brake',
    faults: [{ on: { atMs: 2357 }, nth: 1, do: 'connection-lost', to: 'source', ms: 700 }],
    hands: [{ atMs: 2547, do: 'freeze', ms: 20_000 }],
  },
  'whoever found a migration over left its destination to start what it had got': {
    begin: 'migrate, starts itself',
    guest: 'busy',
    policy: 'forecast',
    faults: [{ on: { stream: 'last-byte' }, nth: 1, do: 'link-reset' }],
    hands: [
      { atMs: 1107, do: 'kill' },
      { atMs: 1485, do: 'attach', to: true },
    ],
  },
  'a pause was told by when a silent destination was heard again': {
    begin: 'migrate, starts itself',
    faults: [
      {
        on: { atMs: 831 },
        nth: 1,
        do: 'connection-silent',
        to: 'destination',
        ms: Number.POSITIVE_INFINITY,
      },
      { on: { stream: 'last-byte' }, nth: 1, do: 'link-cut' },
    ],
  },
  'a pause was told by when the first event of a silent destination was heard': {
    begin: 'attach',
    guest: 'busy',
    policy: 'mp',
    faults: [
      {
        on: { atMs: 1561 },
        nth: 1,
        do: 'connection-silent',
        to: 'destination',
        ms: Number.POSITIVE_INFINITY,
      },
      { on: { stream: 'last-byte' }, nth: 1, do: 'link-cut' },
    ],
  },
  'a pause was told by a clock that had been set, after a freeze of 300 ms': {
    guest: 'busy',
    policy: 'mp',
    maxDowntimeMs: 200,
    overBudget: 'brake',
    faults: [{ on: { atMs: 125 }, nth: 1, do: 'clock-set', to: 'source', ms: -3000 }],
    hands: [{ atMs: 1896, do: 'freeze', ms: 300 }],
  },
  'settings were put back on another VM that had come to answer at the source’s address': {
    behindTunnel: ['source', 'destination'],
    faults: [{ on: { atMs: 1183 }, nth: 1, do: 'link-reset' }],
    hands: [
      { atMs: 1538, do: 'kill' },
      { atMs: 1787, do: 'attach', to: true },
      { atMs: 1788, do: 'address-taken', side: 'source', ms: 5 },
    ],
  },
  'under libvirt: a destination was taken for paused by a state from before its job ended': {
    driver: 'libvirt',
    libvirt: {
      transient: false,
      faults: [
        {
          on: { phase: 'perform3_done', side: 'source' },
          ...{ do: 'qemu-killed', to: 'source', afterMs: 1 },
        },
      ],
    },
  },
  'under libvirt: a guest ran nowhere whose source had ended after the switchover, with its destination unknown':
    {
      driver: 'libvirt',
      begin: 'attach, alone',
      libvirt: {
        transient: false,
        faults: [
          {
            on: { phase: 'perform3_done', side: 'source' },
            ...{ do: 'qemu-killed', to: 'source', afterMs: 1 },
          },
        ],
      },
    },
  'under libvirt: a limit that libvirt had not told was changed, and could not be put back': {
    driver: 'libvirt',
    policy: 'forecast',
    faults: [{ on: { command: 'migrate', side: 'source' }, nth: 1, do: 'link-reset' }],
    libvirt: {
      transient: false,
      faults: [{ on: { virsh: 'migrate-getmaxdowntime', side: 'source' }, nth: 2, do: 'lost' }],
    },
  },
  'under libvirt: a source that an I/O error had stopped was told to have the guest that had run on the other side':
    {
      driver: 'libvirt',
      guest: 'busy',
      faults: [{ on: { atMs: 2789 }, nth: 1, do: 'io-error', to: 'source' }],
      libvirt: {
        transient: false,
        faults: [
          {
            on: { phase: 'perform3_done', side: 'source' },
            ...{ do: 'libvirtd-killed', to: 'source', ms: 700, afterMs: 2 },
          },
          {
            on: { event: 'Resumed', side: 'destination' },
            ...{ do: 'qemu-killed', to: 'destination', afterMs: 5 },
          },
        ],
      },
    },
  'under libvirt: the limit stayed set at a source that its libvirtd left standing still as the guest had moved':
    {
      driver: 'libvirt',
      policy: 'mp',
      libvirt: {
        transient: false,
        faults: [
          {
            on: { phase: 'perform3_done', side: 'source' },
            ...{ do: 'libvirtd-killed', to: 'source', ms: 50, afterMs: 2 },
          },
        ],
      },
    },
  'under libvirt: a limit whose answer was lost with its virsh stayed set, and no journal owed it': {
    driver: 'libvirt',
    policy: 'mp',
    libvirt: {
      transient: false,
      faults: [{ on: { virsh: 'migrate-setmaxdowntime', side: 'source' }, nth: 1, do: 'dies' }],
    },
  },
  'under libvirt: our own migration was told to be as much older as its QEMU had hung, and its mark stayed': {
    driver: 'libvirt',
    faults: [{ on: { event: 'STOP', side: 'source' }, nth: 1, do: 'hangs', to: 'source', ms: 5000 }],
    hands: [
      { atMs: 1471, do: 'kill' },
      { atMs: 2862, do: 'attach', to: true },
    ],
  },
  'under libvirt: the limit was put back before libvirt itself set again what it had found set': {
    driver: 'libvirt',
    maxDowntimeMs: 200,
    faults: [{ on: { event: 'STOP', side: 'source' }, nth: 1, do: 'link-cut' }],
    libvirt: {
      transient: false,
      faults: [
        { on: { phase: 'finish3', side: 'destination' }, nth: 1, do: 'peer-cut', ms: 35_000, afterMs: 0 },
      ],
    },
  },
  'under libvirt: a second cancel restrained a migration that had ended, and its limit stayed': {
    driver: 'libvirt',
    hands: [
      { atMs: 1363, do: 'cancel' },
      { atMs: 1378, do: 'cancel' },
    ],
  },
  'under libvirt: a source that an I/O error had stopped was told to have a guest that may have moved on': {
    driver: 'libvirt',
    begin: 'attach, alone',
    faults: [{ on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 1, do: 'io-error', to: 'source' }],
    libvirt: {
      transient: false,
      faults: [
        {
          on: { phase: 'perform3_done', side: 'source' },
          ...{ do: 'libvirtd-killed', to: 'source', ms: 700, afterMs: 3 },
        },
        {
          on: { event: 'Resumed', side: 'destination' },
          ...{ do: 'qemu-killed', to: 'destination', afterMs: 2 },
        },
      ],
    },
  },
  'a pause of less than nothing was told after the clock had been set back': {
    maxDowntimeMs: 200,
    faults: [{ on: { stream: 'loaded' }, nth: 1, do: 'clock-set', to: 'destination', ms: -200 }],
    hands: [{ atMs: 1097, do: 'freeze', ms: 300 }],
  },
  'under libvirt: our own migration was a stranger’s, because libvirt had begun it long after it was told to':
    {
      driver: 'libvirt',
      guest: 'busy',
      hands: [{ atMs: 1044, do: 'freeze', ms: 20_000 }],
    },
  'under libvirt: a cancel that libvirt had not heard was told as done, of a guest that had moved on': {
    driver: 'libvirt',
    begin: 'attach, alone',
    faults: [{ on: { atMs: 686 }, nth: 1, do: 'io-error', to: 'source' }],
    libvirt: {
      transient: false,
      faults: [
        {
          on: { phase: 'perform3_done', side: 'source' },
          ...{ do: 'libvirtd-killed', to: 'source', ms: 5000, afterMs: 3 },
        },
      ],
    },
    hands: [{ atMs: 1465, do: 'cancel' }],
  },
  'under libvirt: a controller that was frozen as it began let go of a migration that it had not seen': {
    driver: 'libvirt',
    guest: 'busy',
    hands: [
      { atMs: 1039, do: 'freeze', ms: 20_000 },
      { atMs: 1103, do: 'let-go' },
    ],
  },
  'a pause was told by a resumption that nobody had seen, after a loss that was read late': {
    begin: 'attach, alone',
    guest: 'busy',
    policy: 'forecast',
    maxDowntimeMs: 200,
    brake: 'when-it-pays',
    quotas: 'unguarded',
    faults: [
      { on: { event: 'RESUME', side: 'source' }, nth: 1, do: 'connection-lost', to: 'source', ms: 700 },
      { on: { event: 'RESUME', side: 'destination' }, nth: 1, do: 'link-reset' },
    ],
    hands: [{ atMs: 1774, do: 'freeze', ms: 2000 }],
  },
  'a cancel met post-copy that had begun, of which nothing was heard yet': {
    guest: 'busy',
    policy: 'mp',
    maxDowntimeMs: 200,
    overBudget: 'post-copy',
    hands: [
      { atMs: 1862, do: 'freeze', ms: 20_000 },
      { atMs: 1924, do: 'cancel' },
    ],
  },
  'a destination that had not answered was let run beside a source that had taken the guest back from post-copy':
    {
      guest: 'busy',
      policy: 'forecast',
      maxDowntimeMs: 200,
      overBudget: 'post-copy',
      faults: [
        { on: { stream: 'loaded' }, nth: 1, do: 'link-reset' },
        { on: { atMs: 1825 }, nth: 1, do: 'connection-silent', to: 'destination', ms: 5000 },
      ],
    },
  'watch: a limit that libvirt had not told as it was taken over was changed, and could not be put back': {
    driver: 'libvirt',
    begin: 'watch',
    maxDowntimeMs: 200,
    hands: [{ atMs: 1524, do: 'freeze', ms: 20_000 }],
    libvirt: {
      transient: false,
      faults: [{ on: { virsh: 'migrate-getmaxdowntime', side: 'source' }, nth: 2, do: 'dies' }],
    },
  },
  'settings that could not be put back where the guest was not were forgotten, and the guest went there after all':
    {
      begin: 'migrate, starts itself',
      behindTunnel: ['source', 'destination'],
      faults: [{ on: { command: 'migrate', side: 'source' }, nth: 1, do: 'lost' }],
      hands: [
        { atMs: 1451, do: 'kill' },
        { atMs: 1565, do: 'attach', to: true },
        { atMs: 1570, do: 'address-taken', side: 'destination', ms: 700 },
        { atMs: 2283, do: 'migrate' },
      ],
    },
  'a guest that a disk error had stopped before we listened was let run on the destination, after a pause that was none':
    {
      begin: 'migrate, starts itself',
      policy: 'stock',
      faults: [
        { on: { command: 'query-status', side: 'source' }, nth: 4, do: 'drop' },
        { on: { event: 'MIGRATION', side: 'destination' }, nth: 1, do: 'io-error', to: 'source' },
      ],
    },
  'what stayed set was not in the journal, whose disk was full until a moment before its last words': {
    begin: 'migrate, starts itself',
    policy: 'stock',
    behindTunnel: ['source', 'destination'],
    hands: [
      { atMs: 1110, do: 'kill' },
      { atMs: 1731, do: 'disk-full', ms: 100 },
      { atMs: 1824, do: 'attach', to: true },
      { atMs: 1826, do: 'address-taken', side: 'destination', ms: 700 },
    ],
  },
  'a source that hung up while it was looked at was taken for one that had ended': {
    behindTunnel: ['source', 'destination'],
    faults: [{ on: { command: 'query-status', side: 'source' }, nth: 5, do: 'never' }],
    hands: [
      { atMs: 1332, do: 'kill' },
      { atMs: 2241, do: 'attach', to: true },
      { atMs: 2242, do: 'address-taken', side: 'source', ms: 700 },
    ],
  },
  'an attach that looked for half a minute closed the journal of a migration that had begun since': {
    driver: 'libvirt',
    begin: 'attach, alone',
    guest: 'busy',
    libvirt: {
      transient: false,
      faults: [
        { on: { phase: 'perform3', side: 'source' }, nth: 1, afterMs: 0, do: 'peer-reset' },
        { on: { virsh: 'migrate-getspeed', side: 'source' }, nth: 1, do: 'lost' },
      ],
    },
    hands: [
      { atMs: 1086, do: 'migrate' },
      { atMs: 3530, do: 'let-go' },
    ],
  },
  'watch: a limit that its own controller had put back, while watch asked a silent host, was taken for the starter’s':
    {
      driver: 'libvirt',
      maxDowntimeMs: 200,
      libvirt: {
        transient: false,
        faults: [{ on: { virsh: 'domstate', side: 'destination' }, nth: 1, do: 'lost' }],
      },
      hands: [
        { atMs: 46, do: 'watch' },
        { atMs: 2463, do: 'cancel' },
      ],
    },
  'a migration that was over before any look was told as refused, since our virsh had lost its libvirtd: nobody ran the guest':
    {
      driver: 'libvirt',
      libvirt: {
        transient: false,
        faults: [
          {
            on: { phase: 'perform3_done', side: 'source' },
            nth: 1,
            afterMs: 0,
            do: 'libvirtd-killed',
            to: 'source',
            ms: 700,
          },
          { on: { atMs: 1888 }, do: 'events-lost', to: 'source' },
        ],
      },
      hands: [{ atMs: 1069, do: 'freeze', ms: 2000 }],
    },
  'an answer from before a stop that was heard was taken for its end: a pause of 0 ms': {
    guest: 'busy',
    version: '8.1',
    faults: [
      { on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 1, do: 'drop' },
      { on: { command: 'query-migrate', side: 'source' }, nth: 6, do: 'stopped-by-operator', to: 'source' },
    ],
    hands: [{ atMs: 1482, do: 'cancel' }],
  },
  'what was told of a migration that had not begun was held against the next one, whose controller was killed':
    {
      faults: [
        { on: { event: 'MIGRATION', side: 'source' }, nth: 4, do: 'killed', to: 'source' },
        { on: { command: 'migrate', side: 'source' }, nth: 1, do: 'error' },
        { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 2, do: 'error' },
      ],
      hands: [
        { atMs: 2448, do: 'migrate' },
        { atMs: 3378, do: 'kill' },
      ],
    },
  'a source in the middle of its switchover was taken for one that cannot run: it resumed, beside its destination':
    {
      begin: 'attach',
      faults: [{ on: { event: 'RESUME', side: 'destination' }, nth: 1, do: 'link-reset' }],
      hands: [
        { atMs: 810, do: 'kill' },
        { atMs: 1310, do: 'attach', to: true },
      ],
    },
  'a pause was told by when a monitor was given up, which had said nothing since before its stop': {
    ...{ guest: 'busy', policy: 'forecast', version: '8.1', maxDowntimeMs: 200, brake: 'when-it-pays' },
    ...{ tls: true, quotas: 'unguarded', faultsEndMs: 12_000 },
    faults: [
      {
        on: { command: 'migrate-set-parameters', side: 'source' },
        ...{ nth: 5, do: 'connection-silent', to: 'source', ms: Number.POSITIVE_INFINITY },
      },
    ],
  },
  'a guest was told to run nowhere, by events of its source that came later than a look at it': {
    ...{ driver: 'libvirt', begin: 'attach, alone' },
    libvirt: {
      transient: false,
      faults: [{ on: { event: 'iteration', side: 'source' }, nth: 2, do: 'delay', ms: 1000 }],
    },
    faults: [{ on: { command: 'cont', side: 'destination' }, nth: 1, do: 'killed', to: 'source' }],
  },
  'a pause was told by a clock that was set while the way to it was lost': {
    behindTunnel: ['source', 'destination'],
    faults: [{ on: { atMs: 2369 }, nth: 5, do: 'clock-set', to: 'destination', ms: -3000 }],
    hands: [{ atMs: 1099, do: 'address-taken', side: 'destination', ms: 5000 }],
  },
  "a guest was told to run on its source, while somebody else's destination was loading it": {
    begin: 'attach, alone',
    faults: [{ on: { stream: 'last-byte' }, nth: 1, do: 'link-reset' }],
    hands: [{ atMs: 1308, do: 'attach', to: true }],
  },
  'a migration was told to be over before the virsh that a killed controller had started had begun it': {
    driver: 'libvirt',
    libvirt: {
      transient: false,
      faults: [{ on: { virsh: 'migrate', side: 'source' }, nth: 1, do: 'delay', ms: 100 }],
    },
    hands: [
      { atMs: 1059, do: 'kill' },
      { atMs: 1097, do: 'attach', to: false },
    ],
  },
  'a pause was told by events that all had waited for a controller that was frozen': {
    begin: 'attach',
    faults: [{ on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 2, do: 'drop' }],
    hands: [{ atMs: 938, do: 'freeze', ms: 300 }],
  },
  'a pause was told until the guest was let run once more, by a controller that had not waited until it obeyed':
    {
      ...{ guest: 'busy', policy: 'forecast', maxDowntimeMs: 200, overBudget: 'brake' },
      faults: [
        { on: { atMs: 1255 }, nth: 1, do: 'connection-silent', to: 'destination', ms: 5000 },
        { on: { command: 'query-migrate-parameters', side: 'source' }, nth: 4, do: 'never' },
      ],
      hands: [{ atMs: 2378, do: 'cap', bytesPerSecond: 40_000_000 }],
    },
  'a guest was told to run on its source, and nobody to look at a destination that libvirt let run later': {
    ...{ driver: 'libvirt', begin: 'watch', faultsEndMs: 12_000 },
    libvirt: {
      transient: false,
      faults: [
        {
          on: { phase: 'perform3', side: 'source' },
          ...{ nth: 1, do: 'peer-cut', ms: 35_000, afterMs: 2 },
        },
        { on: { phase: 'perform3_done', side: 'source' }, nth: 1, do: 'peer-reset', afterMs: 2 },
      ],
    },
  },
  'a cancel that was let go of before its end was told to be done': {
    begin: 'migrate, starts itself',
    behindTunnel: ['source', 'destination'],
    faults: [{ on: { event: 'RESUME', side: 'destination' }, nth: 1, do: 'link-reset' }],
    hands: [
      { atMs: 1283, do: 'address-taken', side: 'destination', ms: 100_000 },
      { atMs: 1323, do: 'cancel' },
      { atMs: 1440, do: 'let-go' },
    ],
  },
  'a pause was told by our clock at the end of a freeze, where QEMU’s host could not tell the time': {
    ...{ policy: 'stock', maxDowntimeMs: 200, otherVm: 'running', faultsEndMs: 40_000 },
    faults: [{ on: { atMs: 186 }, nth: 6, do: 'clock-set', to: 'source', ms: -3000 }],
    hands: [{ atMs: 1102, do: 'freeze', ms: 300 }],
  },
  'a migration that was let go of before it began began all the same, and nobody knew it again': {
    ...{ guest: 'busy', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000 },
    faults: [
      { on: { command: 'query-status', side: 'source' }, nth: 3, do: 'lost' },
      { on: { command: 'query-migrate', side: 'source' }, nth: 5, do: 'delay', ms: 6000 },
    ],
    hands: [
      { atMs: 1360, do: 'let-go' },
      { atMs: 3400, do: 'attach', to: false },
    ],
  },
  'a migration was not known again that began long after it was looked at last': {
    ...{ guest: 'busy', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000 },
    faults: [{ on: { command: 'query-status', side: 'source' }, nth: 3, do: 'lost' }],
    hands: [
      { atMs: 6360, do: 'let-go' },
      { atMs: 7400, do: 'attach', to: false },
    ],
  },
  'a simulated destination went on to wait for memory over a stream that yank had shut down at the source': {
    ...{ guest: 'busy', policy: 'mp', version: '11.1', maxDowntimeMs: 200, overBudget: 'post-copy' },
    ...{ otherVm: 'running', faultsEndMs: 40_000 },
    hands: [{ atMs: 1894, do: 'cancel' }],
  },
  'libvirt: a pause was told by an event that came long after the libvirtd that hung had answered again': {
    ...{ driver: 'libvirt', policy: 'stock', maxDowntimeMs: 200, otherVm: 'running', faultsEndMs: 40_000 },
    libvirt: {
      transient: false,
      faults: [
        { on: { event: 'iteration', side: 'source' }, nth: 3, do: 'delay', ms: 1000 },
        { on: { atMs: 2246 }, nth: 2, do: 'libvirtd-hangs', to: 'source', ms: 5000, afterMs: 0 },
      ],
    },
    faults: [{ on: { stream: 'last-byte' }, nth: 1, do: 'link-cut' }],
  },
  'libvirt: a guest that had been stopped before we looked was told to run on its source alone': {
    ...{
      driver: 'libvirt',
      begin: 'attach, alone',
      policy: 'stock',
      otherVm: 'running',
      faultsEndMs: 40_000,
    },
    libvirt: {
      transient: false,
      faults: [{ on: { phase: 'finish3', side: 'destination' }, nth: 1, do: 'peer-reset', afterMs: 1 }],
    },
    faults: [{ on: { command: 'migrate', side: 'source' }, nth: 1, do: 'io-error', to: 'source' }],
  },
  'libvirt: what a killed watch had told was taken for somebody else’s': {
    ...{ driver: 'libvirt', begin: 'watch', policy: 'stock', maxDowntimeMs: 200, otherVm: 'running' },
    faultsEndMs: 40_000,
    libvirt: {
      transient: false,
      faults: [{ on: { atMs: 1343 }, nth: 1, do: 'libvirtd-hangs', to: 'source', ms: 700, afterMs: 50 }],
    },
    hands: [{ atMs: 1940, do: 'kill' }],
  },
  'libvirt: a migration was not known again whose killed controller had told a libvirtd that hung': {
    ...{ driver: 'libvirt', guest: 'busy', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000 },
    libvirt: {
      transient: false,
      faults: [{ on: { atMs: 1044 }, nth: 1, do: 'libvirtd-hangs', to: 'source', ms: 5000, afterMs: 50 }],
    },
    hands: [{ atMs: 3872, do: 'kill' }],
  },
  'a migration was not known again by an answer that came late': {
    ...{ guest: 'busy', policy: 'forecast', otherVm: 'running', faultsEndMs: 40_000 },
    faults: [
      {
        on: { command: 'query-status', side: 'source' },
        ...{ nth: 4, do: 'connection-silent', to: 'source', ms: 5000 },
      },
    ],
    hands: [
      { atMs: 74, do: 'kill' },
      { atMs: 2512, do: 'attach', to: true },
    ],
  },
  'the simulated libvirtd answered nobody any more, and nothing told it, where QEMU ended as that connected':
    {
      ...{ driver: 'libvirt', begin: 'watch', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000 },
      libvirt: {
        transient: false,
        faults: [
          { on: { atMs: 1690 }, nth: 1, do: 'qemu-killed', to: 'source', afterMs: 1 },
          {
            on: { phase: 'perform3_done', side: 'source' },
            do: 'libvirtd-killed',
            to: 'source',
            ms: 50,
            afterMs: 3,
          },
        ],
      },
    },
  'post-copy that QEMU never heard of could not be called back, and nothing was cancelled any more': {
    ...{ guest: 'busy', policy: 'mp', maxDowntimeMs: 200, overBudget: 'post-copy' },
    ...{ otherVm: 'running', faultsEndMs: 40_000 },
    faults: [{ on: { command: 'migrate-start-postcopy', side: 'source' }, nth: 1, do: 'lost' }],
    hands: [{ atMs: 1923, do: 'cancel' }],
  },
  'a guest that somebody had stopped was cancelled by migrate_cancel in post-copy': {
    ...{ guest: 'busy', policy: 'mp', version: '11.1', maxDowntimeMs: 200, overBudget: 'post-copy' },
    ...{ otherVm: 'running', faultsEndMs: 40_000 },
    faults: [{ on: { atMs: 1705 }, nth: 5, do: 'stopped-by-operator', to: 'source' }],
    hands: [{ atMs: 1868, do: 'cancel' }],
  },
  'libvirt: what befell the guest while a controller stood still that only waited for the end was a pause to the millisecond':
    {
      ...{ driver: 'libvirt', begin: 'attach', policy: 'stock', version: '10.0', maxDowntimeMs: 5000 },
      ...{ otherVm: 'running', faultsEndMs: 40_000 },
      libvirt: {
        transient: false,
        faults: [
          {
            on: { event: 'iteration', side: 'source' },
            ...{ nth: 2, do: 'libvirtd-hangs', to: 'destination', ms: 5000, afterMs: 0 },
          },
          {
            on: { phase: 'perform3_done', side: 'source' },
            ...{ do: 'libvirtd-killed', to: 'source', ms: 700, afterMs: 2 },
          },
        ],
      },
      hands: [{ atMs: 3122, do: 'freeze', ms: 20_000 }],
    },
  'a guest whose passes are shorter than the way to its monitor and back was never seen at the end of a pass, and never arrived':
    {
      ...{ guest: 'busy', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000, wayMs: 120 },
    },
  'a greeting that had come while a controller was frozen was not read before its patience was over': {
    ...{ policy: 'stock', otherVm: 'running', faultsEndMs: 40_000, wayMs: 120 },
    hands: [
      { atMs: 1116, do: 'attach', to: true },
      { atMs: 2326, do: 'freeze', ms: 20_000 },
    ],
  },
  'certificates were tried at both ends, and what was loaded at one stayed where the way to the other was lost':
    {
      ...{ policy: 'stock', tls: true, otherVm: 'running', faultsEndMs: 40_000, wayMs: 120 },
      faults: [{ on: { atMs: 3738 }, nth: 1, do: 'connection-lost', to: 'destination', ms: 5000 }],
    },
  'after a freeze a pass was said to have carried less than nothing, from libvirtds that are far away': {
    ...{ driver: 'libvirt', begin: 'attach, alone', guest: 'busy', policy: 'stock', otherVm: 'running' },
    ...{ faultsEndMs: 40_000, wayMs: 25 },
    hands: [{ atMs: 1499, do: 'freeze', ms: 2000 }],
  },
  'after a freeze a pass was said to have carried less than nothing, by passes that were all announced in that moment':
    {
      ...{ guest: 'busy', policy: 'stock', otherVm: 'running', faultsEndMs: 12_000 },
      faults: [
        { on: { atMs: 3003 }, nth: 2, do: 'clock-set', to: 'source', ms: -200 },
        { on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 3, do: 'delay', ms: 1000 },
      ],
      hands: [{ atMs: 1942, do: 'freeze', ms: 20_000 }],
    },
  'a destination that started by itself, unheard, and was killed then, counted as one that was kept from starting':
    {
      ...{ begin: 'migrate, starts itself', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000 },
      faults: [
        { on: { stream: 'loaded' }, nth: 1, do: 'connection-lost', to: 'destination', ms: 5000 },
        { on: { atMs: 3932 }, nth: 2, do: 'killed', to: 'destination' },
        { on: { event: 'MIGRATION', side: 'source' }, nth: 4, do: 'delay', ms: 6000 },
      ],
    },
  'a destination that a killed controller’s cancel had told to wait was told to run the guest, by one that did not know its address':
    {
      ...{ begin: 'attach', guest: 'busy', policy: 'forecast', maxDowntimeMs: 200 },
      ...{ brake: 'when-it-pays', quotas: 'unguarded', otherVm: 'running', faultsEndMs: 40_000 },
      faults: [{ on: { command: 'query-status', side: 'destination' }, nth: 3, do: 'error' }],
      hands: [
        { atMs: 1374, do: 'cancel' },
        { atMs: 1550, do: 'kill' },
        { atMs: 1866, do: 'attach', to: false },
      ],
    },
  'the address of the destination that the last controller was given was not used by the next, and what its cancel had told that was not known':
    {
      ...{ begin: 'attach, alone', guest: 'busy', policy: 'stock', otherVm: 'running', faultsEndMs: 40_000 },
      behindTunnel: ['source', 'destination'],
      hands: [
        { atMs: 1312, do: 'kill' },
        { atMs: 1676, do: 'attach', to: true },
        { atMs: 1680, do: 'cancel' },
        { atMs: 1682, side: 'destination', do: 'address-taken', ms: 5 },
        { atMs: 1877, do: 'kill' },
      ],
    },
  'another VM that was at the source’s address for a moment was taken for the one that had been looked at': {
    ...{ policy: 'stock', maxDowntimeMs: 200, otherVm: 'running', faultsEndMs: 40_000 },
    behindTunnel: ['source', 'destination'],
    faults: [{ on: { command: 'query-status', side: 'source' }, nth: 4, do: 'never' }],
    hands: [
      { atMs: 1202, do: 'let-go' },
      { atMs: 1290, do: 'attach', to: true },
      { atMs: 1296, side: 'source', do: 'address-taken', ms: 5 },
    ],
  },
  'under libvirt: a guest that an I/O error had stopped before was told to run nowhere, where its source’s QEMU ended behind the hand-over':
    {
      ...{
        driver: 'libvirt',
        begin: 'attach, alone',
        policy: 'stock',
        maxDowntimeMs: 5000,
        faultsEndMs: 40_000,
      },
      faults: [{ on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 1, do: 'io-error', to: 'source' }],
      libvirt: {
        transient: false,
        faults: [
          {
            on: { phase: 'finish3', side: 'destination' },
            ...{ nth: 1, do: 'qemu-killed', to: 'source', afterMs: 0 },
          },
        ],
      },
    },
  'under libvirt: a destination that was told over a connection that was cut to let the guest run was not waited for by whoever came afterwards':
    {
      ...{ driver: 'libvirt', begin: 'attach', policy: 'stock', version: '10.0', maxDowntimeMs: 5000 },
      ...{ otherVm: 'running', faultsEndMs: 40_000 },
      libvirt: {
        transient: false,
        faults: [
          { on: { atMs: 1741 }, nth: 2, do: 'peer-reset', afterMs: 5 },
          { on: { event: 'iteration', side: 'source' }, nth: 1, do: 'peer-cut', ms: 5000, afterMs: 5 },
        ],
      },
      hands: [
        { atMs: 1533, do: 'kill' },
        { atMs: 1822, do: 'attach', to: false },
      ],
    },
  'what a killed migrate owed its source was put back at another VM, which was at that address as the next one began':
    {
      ...{ policy: 'stock', version: '10.0', maxDowntimeMs: 5000, otherVm: 'running', faultsEndMs: 40_000 },
      behindTunnel: ['source', 'destination'],
      faults: [{ on: { command: 'migrate-set-capabilities', side: 'source' }, nth: 1, do: 'never' }],
      hands: [
        { atMs: 1328, do: 'kill' },
        { atMs: 1952, do: 'migrate' },
        { atMs: 1955, side: 'source', do: 'address-taken', ms: 700 },
      ],
    },
  'a cap that waited for a disk that hung was set behind what put the settings back, and stayed': {
    ...{ begin: 'attach', guest: 'busy', policy: 'forecast', version: '10.0', maxDowntimeMs: 200 },
    ...{ brake: 'when-it-pays', quotas: 'guarded', otherVm: 'running', faultsEndMs: 40_000 },
    faults: [{ on: { event: 'RESUME', side: 'destination' }, nth: 1, do: 'link-reset' }],
    hands: [
      { atMs: 1117, do: 'disk-slow', ms: 3000 },
      { atMs: 1402, do: 'cap', bytesPerSecond: 20e6 },
      { atMs: 2599, do: 'cap', bytesPerSecond: 20e6 },
    ],
  },
  'a guest that was stopped as its migration began, by a source that refused to say more, was taken for one that ran, and let run':
    {
      ...{ begin: 'migrate, starts itself', policy: 'stock', version: '10.0', maxDowntimeMs: 5000 },
      ...{ otherVm: 'running', faultsEndMs: 40_000 },
      faults: [
        { on: { atMs: 1460 }, nth: 2, do: 'connection-lost', to: 'source', ms: 50 },
        {
          on: { command: 'query-migrate', side: 'destination' },
          ...{ nth: 4, do: 'stopped-by-operator', to: 'source' },
        },
        { on: { command: 'query-migrate', side: 'source' }, nth: 5, do: 'error' },
      ],
    },
  'under libvirt: an attach to a migration of ours that ended between two of its looks was refused, and its mark stayed':
    {
      ...{ driver: 'libvirt', overBudget: 'brake', policy: 'stock', version: '10.0', maxDowntimeMs: 5000 },
      ...{ wayMs: 3, faultsEndMs: 12_000 },
      libvirt: { transient: false, faults: [] },
      hands: [{ atMs: 1403, do: 'cap', bytesPerSecond: 5e6 }],
    },
};

test.each(Object.entries(FOUND))('%s', async (_, schedule) => {
  expect((await explore({ ...PLAIN, ...schedule })).violations).toEqual([]);
});

test('the same schedule runs the same way', async () => {
  const schedule: Schedule = { ...PLAIN, ...FOUND['a cancel of what was let go of was told to be too late'] };
  const [one, other] = [await explore(schedule), await explore(schedule)];
  expect(other.story).toEqual(one.story);
  expect(one.commands).toBeGreaterThan(20);
});
