import { describe, expect, test } from 'vitest';
import { RefusedError } from '../../hypervisor.ts';
import { isLostOnTheWay, mayBeDone, refusalOf } from './refusal.ts';
import { errorText, NoVirshError, VirshError, VirshTimeoutError } from './virsh.ts';

/** As virsh printed it on its standard error. */
const refused = (stderr: string) =>
  refusalOf('qemu:///system', new VirshError(errorText(stderr))) as RefusedError;
const connecting = (reason: string) => `error: failed to connect to the hypervisor\nerror: ${reason}\n`;

// Printed by virsh 11.3; the remote hosts and the daemons behind them were real.
test.each([
  ['unreachable', connecting("Failed to connect socket to '/nonexistent': No such file or directory")],
  ['unreachable', connecting("unable to connect to server at '10.77.0.9:16509': No route to host")],
  ['unreachable', connecting("unable to connect to server at '127.0.0.1:1': Connection refused")],
  [
    'unreachable',
    connecting(
      'Cannot recv data: ssh: Could not resolve hostname host2: Name or service not known: Connection reset by peer',
    ),
  ],
  [
    'unreachable',
    'error: Disconnected from qemu+unix:///system due to end of file\n' +
      'error: End of file while reading data: Input/output error\n',
  ],
  ['no-domain', "error: failed to get domain 'nope'\n"],
  ['read-only', 'error: operation forbidden: read only access prevents virDomainMigrateSetMaxDowntime\n'],
  ['read-only', 'error: operation forbidden: virDomainGetXMLDesc with secure flag\n'],
  [
    'authentication',
    connecting("Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied"),
  ],
  ['bad-address', connecting('internal error: Unable to parse URI no such')],
  [
    'bad-address',
    connecting("no connection driver available for URI 'alias' does not include a driver name"),
  ],
  [
    'bad-address',
    connecting(
      'invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)',
    ),
  ],
  ['hypervisor-refused', "error: operation aborted: job 'migration out' canceled by client\n"],
  ['hypervisor-refused', "error: operation failed: domain 'vm1' already exists with uuid 1111\n"],
  [
    'hypervisor-refused',
    'error: Operation not supported: migration statistics are available only on the source host\n',
  ],
  ['hypervisor-refused', 'error: Requested operation is not valid: no job is active on the domain\n'],
])('%s: %s', (code, stderr) => {
  const error = refused(stderr);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^qemu:\/\/\/system: /);
});

describe('the sentence', () => {
  test('is what virsh said, and what to do', () =>
    expect(refused("error: failed to get domain 'nope'").message).toBe(
      "qemu:///system: failed to get domain 'nope': `virsh list --all` shows the names there",
    ));

  test('keeps the words that no rule knows', () =>
    expect(refused("error: operation failed: domain 'vm1' already exists with uuid 1111").message).toBe(
      "qemu:///system: operation failed: domain 'vm1' already exists with uuid 1111",
    ));

  test('has other words where libvirt names its own functions', () => {
    const { message } = refused('error: operation forbidden: virDomainGetXMLDesc with secure flag');
    expect(message).toMatch(/^qemu:\/\/\/system: this connection may only read: connect with the rights/);
  });
});

test('of virsh itself', () => {
  expect(refusalOf('x', new NoVirshError('there is no virsh here'))).toMatchObject({
    code: 'no-virsh',
    message: 'there is no virsh here',
  });
  expect(refusalOf('x', new VirshTimeoutError('did not answer'))).toMatchObject({
    code: 'unreachable',
    message: 'did not answer',
  });
});

test.each([
  [new VirshTimeoutError('did not answer'), true],
  [new VirshError('End of file while reading data: Input/output error'), true],
  [new VirshError("unable to connect to server at 'host1:16509': Connection refused"), true],
  [new VirshError('virsh was ended'), true],
  [new VirshError('internal error: connection closed due to keepalive timeout'), true],
  [new VirshError('Timed out during operation: cannot acquire state change lock'), false],
  [new VirshError('Requested operation is not valid: domain is not running'), false],
])('%s: what was asked for may be done all the same: %s', (error, may) => expect(mayBeDone(error)).toBe(may));

test.each([
  ['End of file while reading data: Input/output error', true],
  ['internal error: client socket is closed', true],
  // Nothing of it was ever handed over.
  ["unable to connect to server at 'host1:16509': Connection reset by peer", false],
  ['unsupported configuration: no such CPU', false],
])('%s: its libvirtd was lost on the way: %s', (words, lost) =>
  expect(isLostOnTheWay(new VirshError(words))).toBe(lost),
);

test('the cause is kept, and what is not virsh’s is handed back as it is', () => {
  const cause = new VirshError('anything');
  expect(refusalOf('x', cause)).toMatchObject({ cause });
  const mistake = new TypeError('of ours');
  expect(refusalOf('x', mistake)).toBe(mistake);
});
