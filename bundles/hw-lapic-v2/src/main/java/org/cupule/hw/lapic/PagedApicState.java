package org.cupule.hw.lapic;

import static org.cupule.hw.lapic.ApicPage.*;

import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * The saved states {@code lapic} version 1 and 2, as {@link org.cupule.hardware.Lapic} defines them.
 *
 * @threading the APIC is quiesced
 */
final class PagedApicState {
    private static final long WORD = 0xFFFF_FFFFL;

    private PagedApicState() {
    }

    static ModelState save(PagedApic apic, int version) {
        int[] page = apic.page;
        var state = ModelState.of("lapic", version).put("base", apic.base).put("id", page[ID] >>> 24)
                .put("tpr", page[TPR]).put("ldr", page[LDR] & WORD).put("dfr", page[DFR] & WORD).put("svr", page[SVR])
                .put("esr", page[ESR]).put("errors", apic.errors).put("errorArmed", apic.errorArmed)
                .put("icr", (long) page[ICR_HIGH] << 32 | page[ICR] & WORD).put("lvt", words(page, TIMER, 6))
                .put("isr", words(page, ISR, 8)).put("tmr", words(page, TMR, 8)).put("irr", words(page, IRR, 8))
                .put("initialCount", apic.timer.initialCount()).put("divide", page[DIVIDE])
                .put("timerStart", apic.timer.savedStart()).put("timerCount", apic.timer.savedCount())
                .put("tscDeadline", apic.timer.tscDeadline()).put("lint", apic.lint);
        if (version >= 2) {
            Counters counters = apic.counters;
            state.put("accepted", counters.accepted).put("merged", counters.merged).put("ended", counters.ended)
                    .put("sent", counters.sent).put("expired", counters.expired).put("missed", counters.missed);
        }
        return state.build();
    }

    private static long[] words(int[] page, int first, int count) {
        long[] words = new long[count];
        for (int i = 0; i < count; i++) {
            words[i] = page[first + i] & WORD;
        }
        return words;
    }

    static void restore(PagedApic apic, ModelState state) {
        int[] page = apic.page;
        apic.base = base(state);
        page[ID] = (int) state.number("id", 0, 0xFF) << 24;
        page[TPR] = (int) state.number("tpr", 0, 0xFF);
        page[LDR] = (int) state.number("ldr", 0, WORD) & ApicPage.writable(LDR);
        page[DFR] = (int) state.number("dfr", 0, WORD) | ~ApicPage.writable(DFR);
        page[SVR] = (int) state.number("svr", 0, 0x13FF) & ApicPage.writable(SVR);
        page[ESR] = (int) state.number("esr", 0, 0xFF);
        page[ICR] = (int) state.number("icr");
        page[ICR_HIGH] = (int) (state.number("icr") >>> 32);
        page[DIVIDE] = (int) state.number("divide", 0, 0xF) & ApicPage.writable(DIVIDE);
        apic.errors = (int) state.number("errors", 0, 0xFF);
        apic.errorArmed = state.flag("errorArmed");
        apic.lint = (int) state.number("lint", 0, 3);
        restoreSet(page, state, "isr", ISR);
        restoreSet(page, state, "tmr", TMR);
        restoreSet(page, state, "irr", IRR);
        restoreLocalVectors(page, state);
        restoreTimer(apic, state);
        if (state.version() >= 2) {
            restoreCounters(apic.counters, state);
        }
    }

    private static long base(ModelState state) {
        long base = state.number("base");
        boolean extendedOnly = (base & (PagedApic.GLOBAL_ENABLE | PagedApic.EXTENDED)) == PagedApic.EXTENDED;
        if ((base & PagedApic.BASE_RESERVED) != 0 || extendedOnly) {
            throw new StateException("lapic: field 'base' is 0x%x, which no APIC can have".formatted(base));
        }
        return base;
    }

    private static void restoreSet(int[] page, ModelState state, String name, int set) {
        long[] words = state.longs(name, 8);
        for (int i = 0; i < words.length; i++) {
            long possible = i == 0 ? 0xFFFF_0000L : WORD;
            if ((words[i] & ~possible) != 0) {
                throw new StateException("lapic: field '%s'[%d] is 0x%x".formatted(name, i, words[i]));
            }
            page[set + i] = (int) words[i];
        }
    }

    private static void restoreLocalVectors(int[] page, ModelState state) {
        long[] words = state.longs("lvt", 6);
        for (int i = 0; i < words.length; i++) {
            if ((words[i] & ~(long) ApicPage.defined(TIMER + i)) != 0) {
                throw new StateException("lapic: field 'lvt'[%d] is 0x%x".formatted(i, words[i]));
            }
            page[TIMER + i] = (int) words[i];
        }
    }

    private static void restoreTimer(PagedApic apic, ModelState state) {
        apic.timer.restore(apic.page[TIMER] >> 17 & 3, PagedApic.shift(apic.page[DIVIDE]),
                state.number("initialCount", 0, WORD), state.number("tscDeadline"));
        long start = state.number("timerStart", -1, 1L << 58);
        if (start >= 0) {
            apic.timer.restoreCount(start, state.number("timerCount", 1, WORD));
        }
    }

    private static void restoreCounters(Counters counters, ModelState state) {
        System.arraycopy(state.longs("accepted", 256), 0, counters.accepted, 0, 256);
        counters.merged = state.number("merged");
        counters.ended = state.number("ended");
        counters.sent = state.number("sent");
        counters.expired = state.number("expired");
        counters.missed = state.number("missed");
    }
}
