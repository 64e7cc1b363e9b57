package org.cupule.hv.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.Ept;
import org.cupule.hardware.IoApic;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.Pic;
import org.cupule.hardware.Register;
import org.jspecify.annotations.Nullable;

/**
 * What must be the same in an old model and in the one restored from its state, as far as it can be seen from outside:
 * a model that loses something of it is not put into use.
 *
 * @threading the vCPUs stand still
 */
final class MustHold {
    private MustHold() {
    }

    static @Nullable String cpu(Cpu old, Cpu fresh) {
        for (Register register : Register.values()) {
            if (old.register(register) != fresh.register(register)) {
                return differs(register.name(), old.register(register), fresh.register(register));
            }
        }
        if (old.retired() != fresh.retired()) {
            return differs("count of retired instructions", old.retired(), fresh.retired());
        }
        return old.answerDue() == fresh.answerDue() ? null : "one has an exit that waits for its answer";
    }

    static @Nullable String ept(Ept old, Ept fresh) {
        List<String> before = mappings(old);
        List<String> after = mappings(fresh);
        return before.equals(after)
                ? null
                : "%d runs of mappings were saved, %d other ones restored".formatted(before.size(), after.size());
    }

    private static List<String> mappings(Ept ept) {
        var lines = new ArrayList<String>();
        ept.forEach((gpa, hpa, length, access, type) -> lines
                .add("%x %x %x %x %s".formatted(gpa, hpa, length, access, type)));
        return lines;
    }

    static @Nullable String lapic(Lapic old, Lapic fresh) {
        return first(same("APIC base", old.base(), fresh.base()), same("task priority", old.cr8(), fresh.cr8()),
                same("pending vector", old.pending(), fresh.pending()));
    }

    static @Nullable String ioapic(IoApic old, IoApic fresh) {
        return first(same("number of pins", old.pins(), fresh.pins()),
                same("register select", old.read(0), fresh.read(0)));
    }

    static @Nullable String pic(Pic old, Pic fresh) {
        return same("INTR", old.intr() ? 1 : 0, fresh.intr() ? 1 : 0);
    }

    private static @Nullable String first(@Nullable String... differences) {
        for (String difference : differences) {
            if (Objects.nonNull(difference)) {
                return difference;
            }
        }
        return null;
    }

    private static @Nullable String same(String what, long old, long fresh) {
        return old == fresh ? null : differs(what, old, fresh);
    }

    private static String differs(String what, long old, long fresh) {
        return "%s was 0x%x and is 0x%x".formatted(what, old, fresh);
    }
}
