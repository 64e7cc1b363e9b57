package org.cupule.hypervisor;

/**
 * A device of the host that can be assigned, as people see it.
 *
 * @param kind
 *            {@code pci} or {@code mmio}
 * @param name
 *            vendor, device and class, or the name of a memory device
 * @param address
 *            its address in the host: {@code 00:03.0}, or ranges of memory
 * @param pin
 *            the GSI of its INTx line in the host; -1 when it has none
 * @param vmid
 *            the partition that has it; -1 while the host has it
 * @threading immutable
 */
public record HostDevice(String kind, String name, String address, int pin, int vmid) {
}
