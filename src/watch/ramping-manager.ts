/**
 * Managers that raise the downtime limit of a migration by steps and mean none of them as the longest pause, by what they leave in a
 * domain's metadata: the XML namespace of an element of theirs.
 */

/** OpenStack Nova (nova/virt/libvirt/config.py: NOVA_NS), oVirt (vdsm/virt/xmlconstants.py: METADATA_VM_VDSM_URI, METADATA_VM_TUNE_URI). */
const BY_NAMESPACE: readonly (readonly [RegExp, string])[] = [
  [/^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\//, 'OpenStack Nova'],
  [/^http:\/\/ovirt\.org\/vm\//, 'oVirt'],
];

/** @param namespaces of the elements in the domain's metadata @returns its name; undefined: none of these */
export function rampingManager(namespaces: readonly string[]): string | undefined {
  return BY_NAMESPACE.find(([pattern]) => namespaces.some((namespace) => pattern.test(namespace)))?.[1];
}
