package org.cupule.hw.ept;

import java.util.ArrayList;
import java.util.List;
import org.cupule.hardware.Ept;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * The saved state {@code ept} version 1, as {@link Ept} defines it.
 *
 * @threading any thread
 */
final class EptState {
    private static final String[] COLUMNS = {"gpa", "hpa", "length", "access", "type"};

    private EptState() {
    }

    /** One run of pages. */
    record Row(long gpa, long hpa, long length, int attributes) {
        long last() {
            return gpa + length - 1;
        }
    }

    static ModelState save(Ept ept) {
        List<long[]> runs = new ArrayList<>();
        ept.forEach((gpa, hpa, length, access, type) -> runs.add(new long[]{gpa, hpa, length, access, type.code()}));
        var state = ModelState.of("ept", 1);
        for (int column = 0; column < COLUMNS.length; column++) {
            int index = column;
            state.put(COLUMNS[column], runs.stream().mapToLong(run -> run[index]).toArray());
        }
        return state.build();
    }

    /** {@return the runs of a state, each of them checked} */
    static List<Row> rows(ModelState state) {
        long[] gpa = state.longs("gpa");
        long[] hpa = state.longs("hpa", gpa.length);
        long[] length = state.longs("length", gpa.length);
        long[] access = state.longs("access", gpa.length);
        long[] type = state.longs("type", gpa.length);
        List<Row> rows = new ArrayList<>(gpa.length);
        long free = 0;
        for (int i = 0; i < gpa.length; i++) {
            checkRange(i, free, gpa[i], length[i]);
            checkTarget(i, hpa[i], length[i]);
            checkAttributes(i, access[i], type[i]);
            rows.add(new Row(gpa[i], hpa[i], length[i], (int) (access[i] | type[i] << 3)));
            free = gpa[i] + length[i];
        }
        return rows;
    }

    private static void checkRange(int i, long free, long gpa, long length) {
        long end = 1L << Ept.GPA_BITS;
        if (gpa < free || gpa >= end || length <= 0 || length > end - gpa || (gpa | length) % 4096 != 0) {
            throw new StateException("ept: run %d of 0x%x bytes at gpa 0x%x is not of whole pages from 0x%x to 0x%x"
                    .formatted(i, length, gpa, free, end));
        }
    }

    private static void checkTarget(int i, long hpa, long length) {
        long end = 1L << Ept.HPA_BITS;
        if (hpa < 0 || hpa >= end || length > end - hpa || hpa % 4096 != 0) {
            throw new StateException("ept: run %d of 0x%x bytes at hpa 0x%x is not of whole pages below 0x%x"
                    .formatted(i, length, hpa, end));
        }
    }

    private static void checkAttributes(int i, long access, long type) {
        if ((access & ~Access.ALL) != 0 || (type & ~7) != 0 || MemoryType.of((int) type).code() != type) {
            throw new StateException("ept: run %d has access %d and type %d".formatted(i, access, type));
        }
    }
}
