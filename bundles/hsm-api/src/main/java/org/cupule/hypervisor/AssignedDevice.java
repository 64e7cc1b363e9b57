package org.cupule.hypervisor;

/**
 * A device that a partition has from the host or from its hypervisor, as people see it.
 *
 * @param kind
 *            {@code pci}, {@code mmio} or {@code virtual}
 * @param name
 *            vendor and device id as {@code 1af4:1110}, or the name of a memory device
 * @param guest
 *            where the guest sees it
 * @param host
 *            where the host has it; empty for a virtual device
 * @param interrupt
 *            how its line reaches the guest: {@code host 17 -> GSI 20}; empty when it does not
 * @threading immutable
 */
public record AssignedDevice(String kind, String name, String guest, String host, String interrupt) {
}
