package org.cupule.hw.lapic;

import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * The saved state {@code lapic} version 1, as {@link org.cupule.hardware.Lapic} defines it.
 *
 * @threading the APIC is quiesced
 */
final class XApicState {
    private static final long WORD = 0xFFFF_FFFFL;

    private XApicState() {
    }

    static ModelState save(XApic apic) {
        long[] lvt = new long[LocalVector.COUNT];
        for (int entry = 0; entry < lvt.length; entry++) {
            lvt[entry] = apic.lvt.entry(entry) & WORD;
        }
        return ModelState.of("lapic", 1).put("base", apic.base).put("id", apic.id).put("tpr", apic.tpr)
                .put("ldr", apic.ldr & WORD).put("dfr", apic.dfr & WORD).put("svr", apic.svr)
                .put("esr", apic.errors.shown)
                .put("errors", apic.errors.collected).put("errorArmed", apic.errors.armed).put("icr", apic.icr)
                .put("lvt", lvt)
                .put("isr", apic.isr.registers()).put("tmr", apic.tmr.registers()).put("irr", apic.irr.registers())
                .put("initialCount", apic.timer.initialCount() & WORD).put("divide", apic.timer.divide())
                .put("timerStart", apic.timer.start())
                .put("timerCount", apic.timer.startCount()).put("tscDeadline", apic.timer.tscDeadline())
                .put("lint", apic.lvt.levels()).build();
    }

    static void restore(XApic apic, ModelState state) {
        apic.base = base(state);
        apic.id = (int) state.number("id", 0, 0xFF);
        apic.tpr = (int) state.number("tpr", 0, 0xFF);
        apic.ldr = (int) state.number("ldr", 0, WORD) & 0xFF00_0000;
        apic.dfr = (int) state.number("dfr", 0, WORD) | 0x0FFF_FFFF;
        apic.svr = (int) state.number("svr", 0, SpuriousVector.WRITABLE) & SpuriousVector.WRITABLE;
        apic.errors.shown = (int) state.number("esr", 0, 0xFF);
        apic.errors.collected = (int) state.number("errors", 0, 0xFF);
        apic.errors.armed = state.flag("errorArmed");
        apic.icr = state.number("icr");
        apic.lvt.restoreLevels((int) state.number("lint", 0, 3));
        apic.isr.registers(vectors(state, "isr"));
        apic.tmr.registers(vectors(state, "tmr"));
        apic.irr.registers(vectors(state, "irr"));
        restoreLocalVectors(apic, state);
        restoreTimer(apic, state);
    }

    private static long base(ModelState state) {
        long base = state.number("base");
        if (!ApicMode.possible(base)) {
            throw new StateException("lapic: field 'base' is 0x%x, which has reserved bits".formatted(base));
        }
        return base;
    }

    /** Vectors 0 to 15 can be in none of the sets. */
    private static long[] vectors(ModelState state, String name) {
        long[] words = state.longs(name, 8);
        for (int i = 0; i < words.length; i++) {
            if ((words[i] & ~WORD) != 0 || i == 0 && (words[i] & 0xFFFF) != 0) {
                throw new StateException("lapic: field '%s'[%d] is 0x%x".formatted(name, i, words[i]));
            }
        }
        return words;
    }

    private static void restoreLocalVectors(XApic apic, ModelState state) {
        long[] lvt = state.longs("lvt", LocalVector.COUNT);
        for (int entry = 0; entry < lvt.length; entry++) {
            if ((lvt[entry] & ~LocalVector.defined(entry)) != 0) {
                throw new StateException("lapic: field 'lvt'[%d] is 0x%x".formatted(entry, lvt[entry]));
            }
            apic.lvt.restore(entry, (int) lvt[entry]);
        }
    }

    private static void restoreTimer(XApic apic, ModelState state) {
        int mode = LocalVector.timerMode(apic.lvt.entry(LocalVector.TIMER));
        apic.timer.restore(mode, (int) state.number("divide", 0, 0xF), (int) state.number("initialCount", 0, WORD),
                state.number("tscDeadline"));
        long start = state.number("timerStart", ApicTimer.STOPPED, 1L << 58);
        if (start != ApicTimer.STOPPED) {
            apic.timer.restoreCount(start, state.number("timerCount", 1, WORD));
        }
    }
}
