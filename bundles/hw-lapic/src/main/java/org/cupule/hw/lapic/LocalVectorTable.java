package org.cupule.hw.lapic;

import java.util.Arrays;
import org.cupule.hardware.Lapic;

/**
 * The six local vectors and the two LINT inputs. Its methods say whether an interrupt is to be taken; the APIC takes
 * it.
 *
 * <p>
 * A level at LINT0 is delivered once and then held back by the remote IRR bit, until the EOI of its vector. LINT1 knows
 * edges only.
 *
 * @threading confined to the vCPU's thread
 */
final class LocalVectorTable {
    private final int[] entries = new int[LocalVector.COUNT];
    private int levels;

    /** Sets the power-on state; the levels of the inputs are no registers and stay. */
    void reset() {
        Arrays.fill(entries, LocalVector.MASKED);
    }

    int entry(int index) {
        return entries[index];
    }

    boolean masked(int index) {
        return LocalVector.masked(entries[index]);
    }

    /** Writes what software can change; a disabled APIC keeps its entries masked. */
    void write(int index, int value, boolean enabled) {
        int writable = LocalVector.writable(index);
        entries[index] = entries[index] & ~writable | value & writable | (enabled ? 0 : LocalVector.MASKED);
        if (index == LocalVector.LINT0 && !levelTriggered()) {
            entries[index] &= ~LocalVector.REMOTE_IRR;
        }
    }

    void maskAll() {
        for (int i = 0; i < entries.length; i++) {
            entries[i] |= LocalVector.MASKED;
        }
    }

    /** {@return whether an input is unmasked in this delivery mode} */
    boolean passes(int index, int deliveryMode) {
        return !masked(index) && LocalVector.deliveryMode(entries[index]) == deliveryMode;
    }

    /** Takes the level of an input. @return whether that is an edge to deliver */
    boolean edge(int pin, boolean high) {
        int before = levels;
        levels = high ? levels | 1 << pin : levels & ~(1 << pin);
        int index = LocalVector.LINT0 + pin;
        boolean edgeTriggered = index != LocalVector.LINT0 || !levelTriggered();
        return levels != before && edgeTriggered && asserted(index) && passes(index, Lapic.FIXED);
    }

    /** {@return whether LINT0's level is to be delivered now; then no more before {@link #end}} */
    boolean holdLevel() {
        int value = entries[LocalVector.LINT0];
        boolean due = levelTriggered() && asserted(LocalVector.LINT0) && !LocalVector.masked(value)
                && (value & LocalVector.REMOTE_IRR) == 0;
        entries[LocalVector.LINT0] |= due ? LocalVector.REMOTE_IRR : 0;
        return due;
    }

    /** Ends the interrupt of a level-triggered vector, whoever it came from. */
    void end(int vector) {
        if ((entries[LocalVector.LINT0] & 0xFF) == vector) {
            entries[LocalVector.LINT0] &= ~LocalVector.REMOTE_IRR;
        }
    }

    private boolean asserted(int index) {
        boolean high = (levels >> index - LocalVector.LINT0 & 1) != 0;
        return high != ((entries[index] & LocalVector.ACTIVE_LOW) != 0);
    }

    /** The trigger bit counts in fixed mode alone. */
    private boolean levelTriggered() {
        int value = entries[LocalVector.LINT0];
        return (value & LocalVector.LEVEL) != 0 && LocalVector.deliveryMode(value) == Lapic.FIXED;
    }

    int levels() {
        return levels;
    }

    /** Puts back what was saved. */
    void restore(int index, int value) {
        entries[index] = value;
    }

    /** Puts back the levels of the inputs. */
    void restoreLevels(int saved) {
        levels = saved;
    }
}
