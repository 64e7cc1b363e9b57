package org.cupule.state;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which state a model reads and writes.
 *
 * @param kind
 *            the name of the state, owned by the API or by a vendor ({@code lapic}, {@code uart16550},
 *            {@code com.acme.sensor}); two models can exchange state only when their kinds are equal
 * @param reads
 *            the versions that {@link Stateful#restore} takes
 * @param writes
 *            the versions that {@link Stateful#save} can produce
 * @threading immutable
 */
public record StateSchema(String kind, Set<Integer> reads, Set<Integer> writes) {
    /** Copies the sets. */
    public StateSchema {
        reads = Set.copyOf(reads);
        writes = Set.copyOf(writes);
    }

    /** {@return a schema that reads and writes version 1 only} */
    public static StateSchema first(String kind) {
        return new StateSchema(kind, Set.of(1), Set.of(1));
    }

    /** {@return the highest version that this model writes and the other one reads} */
    public Optional<Integer> commonVersion(StateSchema reader) {
        if (!kind.equals(reader.kind)) {
            return Optional.empty();
        }
        var common = new TreeSet<>(writes);
        common.retainAll(reader.reads);
        return common.isEmpty() ? Optional.empty() : Optional.of(common.last());
    }
}
