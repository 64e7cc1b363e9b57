package org.cupule.hw.ept.interval;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.cupule.hardware.Ept;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * Writes and reads the state {@code ept} version 1, as {@link Ept} defines it.
 *
 * @threading any thread
 */
final class IntervalState {
    private static final Set<Long> TYPES = Arrays.stream(MemoryType.values()).map(type -> (long) type.code())
            .collect(Collectors.toUnmodifiableSet());

    private IntervalState() {
    }

    static ModelState save(Intervals intervals) {
        int size = intervals.size();
        long[] gpa = new long[size];
        long[] hpa = new long[size];
        long[] length = new long[size];
        long[] access = new long[size];
        long[] type = new long[size];
        for (int run = 0; run < size; run++) {
            gpa[run] = intervals.first(run);
            hpa[run] = intervals.hpa(run, gpa[run]);
            length[run] = intervals.last(run) - gpa[run] + 1;
            access[run] = intervals.access(run);
            type[run] = intervals.type(run).code();
        }
        return ModelState.of("ept", 1).put("gpa", gpa).put("hpa", hpa).put("length", length).put("access", access)
                .put("type", type).build();
    }

    static Intervals read(ModelState state) {
        long[] gpa = state.longs("gpa");
        long[] hpa = state.longs("hpa", gpa.length);
        long[] length = state.longs("length", gpa.length);
        long[] access = state.longs("access", gpa.length);
        long[] type = state.longs("type", gpa.length);
        var builder = new Intervals.Builder(gpa.length);
        long free = 0;
        for (int i = 0; i < gpa.length; i++) {
            require(gpa[i] >= free && fits(gpa[i], length[i], Ept.GPA_BITS), i, "gpa", gpa[i], length[i]);
            require(fits(hpa[i], length[i], Ept.HPA_BITS), i, "hpa", hpa[i], length[i]);
            require((access[i] & ~Access.ALL) == 0 && TYPES.contains(type[i]), i, "access and type", access[i],
                    type[i]);
            free = gpa[i] + length[i];
            builder.add(gpa[i], free - 1, hpa[i], (int) (access[i] | type[i] << 3));
        }
        return builder.build();
    }

    private static boolean fits(long address, long length, int bits) {
        long end = 1L << bits;
        return address >= 0 && length > 0 && address < end && length <= end - address
                && (address | length) % 4096 == 0;
    }

    private static void require(boolean holds, int run, String what, long first, long second) {
        if (!holds) {
            throw new StateException("ept: run %d has %s 0x%x, 0x%x".formatted(run, what, first, second));
        }
    }
}
