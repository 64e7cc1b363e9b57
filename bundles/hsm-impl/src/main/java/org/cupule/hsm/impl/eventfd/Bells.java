package org.cupule.hsm.impl.eventfd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoAccess;
import org.jspecify.annotations.Nullable;

/**
 * The ioeventfds that the HSM serves itself, in the order of their addresses (unsigned), among equals the oldest first.
 *
 * @threading immutable
 */
final class Bells {
    static final Bells NONE = new Bells(List.of());

    private final Bell[] ports;
    private final Bell[] memory;

    private Bells(List<Bell> oldestFirst) {
        ports = sorted(oldestFirst, true);
        memory = sorted(oldestFirst, false);
    }

    /** {@return what is served of these, oldest first} */
    static Bells of(List<Bell> oldestFirst) {
        return new Bells(oldestFirst);
    }

    private static Bell[] sorted(List<Bell> oldestFirst, boolean ports) {
        List<Bell> list = new ArrayList<>(
                oldestFirst.stream().filter(bell -> !bell.offloaded() && bell.port() == ports).toList());
        list.sort(Comparator.comparing(bell -> bell.spec.address(), Long::compareUnsigned)); // stable
        return list.toArray(new Bell[0]);
    }

    /** {@return the oldest one that a write fits; null for none} */
    @Nullable
    Bell find(IoAccess write) {
        Bell[] bells = write.type() == IoRequestPage.PORTIO ? ports : memory;
        long address = write.address();
        for (int i = first(bells, address); i < bells.length && bells[i].spec.address() == address; i++) {
            if (bells[i].fits(write.size(), write.value())) {
                return bells[i];
            }
        }
        return null;
    }

    private static int first(Bell[] bells, long address) {
        int low = 0;
        int high = bells.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (Long.compareUnsigned(bells[middle].spec.address(), address) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
