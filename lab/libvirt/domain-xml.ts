/** The lab's guest as a libvirt domain: the same image, processor, memory and serial ports as a QEMU pair's. */
import type { Accelerator } from '../accelerator.ts';
import type { GuestImage } from '../guest/image.ts';
import { kernelCommandLine, type Workload } from '../guest/workload.ts';

export interface DomainSettings {
  /** Any text that libvirt takes: quotes, blanks and brackets as well. */
  readonly name: string;
  readonly uuid: string;
  readonly accelerator: Accelerator;
  readonly workload: Workload;
  readonly memoryMiB: number;
  readonly image: GuestImage;
  readonly cpuModel: string;
  /** As every host sees them: the XML goes with the guest. */
  readonly consolePath: string;
  readonly serialPath: string;
  readonly serialLogPath: string;
  /** XML, put among the devices as it is. */
  readonly extraDevicesXml: string;
}

export function domainXml(settings: DomainSettings): string {
  const { image, consolePath, serialPath, serialLogPath } = settings;
  // libvirt's word for QEMU's own emulation is `qemu`.
  const type = settings.accelerator === 'kvm' ? 'kvm' : 'qemu';
  return `<domain type="${type}">
  <name>${escapeXml(settings.name)}</name>
  <uuid>${settings.uuid}</uuid>
  <memory unit="MiB">${settings.memoryMiB}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="pc">hvm</type>
    <kernel>${escapeXml(image.kernelPath)}</kernel>
    <initrd>${escapeXml(image.initramfsPath)}</initrd>
    <cmdline>${escapeXml(kernelCommandLine(settings.workload))}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode="custom" match="exact"><model>${escapeXml(settings.cpuModel)}</model></cpu>
  <on_reboot>destroy</on_reboot>
  <on_crash>preserve</on_crash>
  <devices>
    <controller type="usb" model="none"/>
    <serial type="file"><source path="${escapeXml(consolePath)}"/><target port="0"/></serial>
    <serial type="unix">
      <source mode="bind" path="${escapeXml(serialPath)}"/>
      <log file="${escapeXml(serialLogPath)}" append="on"/>
      <target port="1"/>
    </serial>
    <memballoon model="none"/>
    ${settings.extraDevicesXml}
  </devices>
</domain>
`;
}

/** Text or an attribute's value. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
