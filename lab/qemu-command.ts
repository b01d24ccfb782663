/**
 * The command line of a lab guest's QEMU, and the files through which one talks to it.
 */
import { join } from 'node:path';
import type { GuestImage } from './guest/image.ts';
import { kernelCommandLine, type Workload } from './guest/workload.ts';
import type { LinePaths } from './guest-lines.ts';

/** Where everything of one QEMU is, in the lab's run folder. */
export interface GuestPaths extends LinePaths {
  /** The QMP monitor for whoever migrates. A QMP socket serves one client at a time. */
  readonly qmpPath: string;
  /** A second QMP monitor, for those who only watch. */
  readonly monitor2Path: string;
  readonly pidPath: string;
}

export function guestPaths(folder: string, name: string): GuestPaths {
  const path = (suffix: string) => join(folder, `${name}.${suffix}`);
  return {
    qmpPath: path('qmp'),
    monitor2Path: path('qmp2'),
    consolePath: path('console'),
    serialPath: path('serial'),
    serialLogPath: path('serial.log'),
    logPath: path('log'),
    pidPath: path('pid'),
  };
}

export interface QemuSettings {
  /** The guest's name, the same on both sides. */
  readonly vmName: string;
  readonly paths: GuestPaths;
  readonly image: GuestImage;
  readonly workload: Workload;
  readonly memoryBytes: number;
  readonly binary: string;
  /** `pc`, or with properties: `pc-i440fx-7.2,accel=tcg`. */
  readonly machine: string;
  readonly accel: string;
  /** For a destination: `defer`, or the URI on which it listens from the start. */
  readonly incoming: string | undefined;
  readonly extraArgs: readonly string[];
}

/** @returns the program and its arguments */
export function qemuCommand(settings: QemuSettings): string[] {
  const { paths, image } = settings;
  const append = kernelCommandLine(settings.workload);
  const serial = `socket,id=requests,path=${paths.serialPath},server=on,wait=off,logfile=${paths.serialLogPath}`;
  return [
    settings.binary,
    ...['-name', settings.vmName, '-pidfile', paths.pidPath],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-no-reboot'],
    ...['-machine', `${settings.machine},accel=${settings.accel}`, '-cpu', 'qemu64'],
    ...['-m', `${Math.ceil(settings.memoryBytes / 1024)}k`],
    ...['-kernel', image.kernelPath, '-initrd', image.initramfsPath, '-append', append],
    ...['-chardev', `file,id=console,path=${paths.consolePath}`, '-serial', 'chardev:console'],
    ...['-chardev', serial, '-serial', 'chardev:requests'],
    ...['-qmp', `unix:${paths.qmpPath},server=on,wait=off`],
    ...['-qmp', `unix:${paths.monitor2Path},server=on,wait=off`],
    ...(settings.incoming === undefined ? [] : ['-incoming', settings.incoming]),
    ...settings.extraArgs,
  ];
}
