package org.cupule.hypervisor;

/**
 * A processor of the host side.
 *
 * @param number
 *            its number in the host's operating system
 * @param apicId
 *            the id of its local APIC
 * @param online
 *            whether the host's operating system uses it
 * @param removable
 *            whether it can be taken off line
 * @threading immutable
 */
public record ServiceCpu(int number, int apicId, boolean online, boolean removable) {
}
