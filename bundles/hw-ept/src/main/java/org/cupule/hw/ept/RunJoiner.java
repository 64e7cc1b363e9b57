package org.cupule.hw.ept;

import org.cupule.hardware.Ept.MappingVisitor;

/**
 * Joins leaves that continue each other into runs.
 *
 * @threading confined to its maker
 */
final class RunJoiner {
    private final MappingVisitor visitor;
    private long gpa;
    private long leaf;
    private long lengthBytes;

    RunJoiner(MappingVisitor visitor) {
        this.visitor = visitor;
    }

    /** Takes the next leaf, ascending by gpa. */
    void add(long nextGpa, long nextLeaf, long nextBytes) {
        if (lengthBytes == 0 || !continues(nextGpa, nextLeaf)) {
            flush();
            gpa = nextGpa;
            leaf = nextLeaf;
        }
        lengthBytes += nextBytes;
    }

    private boolean continues(long nextGpa, long nextLeaf) {
        return nextGpa == gpa + lengthBytes && EptEntry.hpa(nextLeaf) == EptEntry.hpa(leaf) + lengthBytes
                && EptEntry.attributes(nextLeaf) == EptEntry.attributes(leaf);
    }

    /** Hands the last run over. */
    void flush() {
        if (lengthBytes != 0) {
            visitor.mapping(gpa, EptEntry.hpa(leaf), lengthBytes, EptEntry.access(leaf), EptEntry.type(leaf));
            lengthBytes = 0;
        }
    }
}
