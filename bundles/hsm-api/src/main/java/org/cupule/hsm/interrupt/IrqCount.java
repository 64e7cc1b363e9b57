package org.cupule.hsm.interrupt;

/**
 * How often an interrupt was injected into a VM.
 *
 * @param irq
 *            the line's GSI; other numbers are the hypervisor's own (hv-sim: 256 + vector for messages)
 * @param count
 *            how often, since the VM was created
 * @threading immutable
 */
public record IrqCount(long irq, long count) {
}
