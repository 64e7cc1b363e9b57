package org.cupule.hsm.ioreq;

/**
 * One request of the past.
 *
 * @param number
 *            its number in this VM, counted from 1
 * @param nanos
 *            VM time of its completion
 * @param vcpu
 *            the vCPU that made it
 * @param type
 *            type word
 * @param write
 *            whether it was a write
 * @param address
 *            port, guest physical address, or for PCICFG {@code bdf << 12 | register}
 * @param size
 *            bytes
 * @param value
 *            what was read or written
 * @param client
 *            who answered
 * @threading immutable
 */
public record IoTrace(long number, long nanos, int vcpu, int type, boolean write, long address, int size, long value,
        String client) {
}
