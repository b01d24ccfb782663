import { Option } from 'commander';

export function connectOption(): Option {
  return new Option(
    '-c, --connect <uri>',
    'libvirt: the source host (default: LIBVIRT_DEFAULT_URI, else qemu:///system)',
  );
}

export function destConnectOption(): Option {
  return new Option(
    '--dest-connect <uri>',
    'libvirt: how this machine reaches the destination host, when that is not as the source host does',
  );
}
