/**
 * The fleet's part of a backup. Controllers are processes and stay out; leases come without their holders. What is restored
 * may be old: whoever takes a move asks the hypervisors before anything else.
 */
import type { BackupPart } from '../postgres/backup-part.ts';
import { FLEET_TABLES } from './fleet-tables.ts';

export const FLEET_BACKUP: BackupPart = {
  schema: FLEET_TABLES,
  tables: [
    { name: 'fleet.capacity', orderBy: 'kind, key' },
    { name: 'fleet.drain', orderBy: 'created, id' },
    { name: 'fleet.move', orderBy: 'created, id' },
    { name: 'fleet.claim', orderBy: 'kind, key, unit' },
    { name: 'fleet.host', orderBy: 'host' },
    { name: 'fleet.look', orderBy: 'vm, at' },
    { name: 'fleet.lease', orderBy: 'vm', without: ['holder', 'until'] },
    { name: 'fleet.event', orderBy: 'id', without: ['id'] },
  ],
  isInUse:
    'select from fleet.drain union all select from fleet.move union all select from fleet.event limit 1',
  clear: 'delete from fleet.capacity',
};
