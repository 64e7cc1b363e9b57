package org.cupule.hypervisor;

import java.util.Set;

/**
 * What a hypervisor is and what it can do.
 *
 * @param name
 *            the name by which people ask for it: {@code sim}, {@code acrn}
 * @param version
 *            its version, for people
 * @param description
 *            one sentence
 * @param slotProtocol
 *            who runs the slot protocol
 * @param capabilities
 *            what it can do beyond what all can
 * @param maxVcpus
 *            the most vCPUs of a partition, at most 16
 * @threading immutable
 */
public record HypervisorInfo(String name, String version, String description, SlotProtocol slotProtocol,
        Set<Capability> capabilities, int maxVcpus) {
    /** Copies the set. */
    public HypervisorInfo {
        capabilities = Set.copyOf(capabilities);
    }

    /**
     * Who runs the protocol of the I/O request page.
     *
     * @threading immutable
     */
    public enum SlotProtocol {
        /** The HSM: it clears, combines, claims, routes and completes. */
        RAW,
        /** A driver below: it delivers slots that are PROCESSING, of their final type; the HSM routes and answers. */
        CLAIMED
    }

    /**
     * What not every hypervisor can do.
     *
     * @threading immutable
     */
    public enum Capability {
        /** Registers of a vCPU can be read. */
        READ_REGISTERS,
        /** A paused partition can be saved and restored. */
        SNAPSHOT,
        /** It follows the x86 manuals where ACRN differs. */
        BEHAVIOUR_X86,
        /** It reproduces ACRN. */
        BEHAVIOUR_ACRN,
        /** It has deterministic time. */
        DETERMINISTIC,
        /** It signals ioeventfds itself. */
        IOEVENTFD_OFFLOAD,
        /** It injects for irqfds itself. */
        IRQFD_OFFLOAD,
        /** Its hardware components can be swapped while a partition runs. */
        HARDWARE_SWAP,
        /** It gives devices of the host, and devices of its own, to partitions. */
        PASSTHROUGH,
        /** It counts interrupts and throttles storms. */
        INTERRUPT_MONITOR,
        /** It tells C-states and P-states. */
        POWER_QUERIES,
        /** It can take a processor away from the host side. */
        SERVICE_CPUS,
        /** It runs privileged VMs, whose guests make VMs by hypercalls. */
        SERVICE_VM,
        /** It takes the I/O request page with the creation, not after it. */
        PAGE_AT_CREATION
    }
}
