/** What a migration under TLS between a simulated pair needs, and how it is asked for. */
import type { StreamTls } from '../../stream-tls.ts';

/** Of certificates, on either host. */
export const FOLDER = '/etc/pki/qemu';

/** Each host's: the destination's is for the host of the pair's migrate URI. */
export const CERTIFICATES = {
  source: { [FOLDER]: { authority: 'the CA', name: 'O=Example,CN=host1' } },
  destination: { [FOLDER]: { authority: 'the CA', name: '10.77.0.2' } },
};

export const TLS: StreamTls = {
  credentials: { kind: 'made', sourceFolder: FOLDER, destinationFolder: FOLDER },
  hostname: undefined,
  authorization: undefined,
};
