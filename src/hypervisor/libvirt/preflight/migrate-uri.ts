/**
 * Where libvirt sends the memory: `tcp://host[:port]`, `rdma://host[:port]` or `unix:///path`; `tcp:host:port`
 * of old is taken too (qemuMigrationAnyParseURI and qemuMigrationDstPrepareDirect, src/qemu/qemu_migration.c).
 */

export type MigrateAddress =
  | { readonly scheme: 'tcp' | 'rdma'; readonly host: string; readonly port: number | undefined }
  | { readonly scheme: 'unix'; readonly path: string };

/** @returns the address, or a sentence on what is wrong with it */
export function parseMigrateUri(text: string): MigrateAddress | string {
  const uri =
    text.startsWith('tcp:') && !text.startsWith('tcp://') ? `tcp://${text.slice('tcp:'.length)}` : text;
  if (!URL.canParse(uri)) return wrong(text);
  const { protocol, hostname, port, pathname } = new URL(uri);
  const scheme = protocol.slice(0, -1);
  if (scheme === 'unix') return pathname.startsWith('/') ? { scheme, path: pathname } : wrong(text);
  if (scheme !== 'tcp' && scheme !== 'rdma') return wrong(text);
  if (hostname === '') return wrong(text);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (['0.0.0.0', '::'].includes(host))
    return `the migrate URI "${text}" names every address of a host, which is where to listen and not where to send: name the destination's own address`;
  return { scheme, host, port: port === '' || port === '0' ? undefined : Number(port) };
}

function wrong(text: string): string {
  return `"${text}" is no migrate URI that libvirt takes: write it like tcp://10.77.0.2, tcp://host2:49152, rdma://host2 or unix:///run/migrate.sock`;
}
