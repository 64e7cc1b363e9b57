package org.cupule.hypervisor;

/**
 * What a partition tells of itself.
 *
 * @threading immutable
 */
public sealed interface PartitionEvent {
    /**
     * A vCPU has shut down after a triple fault; the partition is paused.
     *
     * @param vcpu
     *            which one
     * @param report
     *            registers and the last blocks, for people: several lines
     */
    record TripleFault(int vcpu, String report) implements PartitionEvent {
    }

    /**
     * The partition was paused and cannot go on by itself: a hardware component went away, or a vCPU's thread failed.
     *
     * @param reason
     *            a sentence for people
     */
    record Stopped(String reason) implements PartitionEvent {
    }

    /**
     * The partition, which had been {@link Stopped}, goes on by itself: what was missing is there again. It may come
     * before that of {@link Stopped} has been heard; the partition's state tells which one holds.
     */
    record Continued() implements PartitionEvent {
    }

    /**
     * An access that no client but the default one answers, an unknown instruction or MSR: told once an address.
     *
     * @param sentence
     *            what happened where, with RIP
     */
    record Unhandled(String sentence) implements PartitionEvent {
    }
}
