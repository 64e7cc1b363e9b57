package org.cupule.hardware;

/**
 * An interprocessor interrupt, as written to an ICR.
 *
 * @param destination
 *            the destination field, 8 or 32 bits; without meaning when a shorthand is given
 * @param logical
 *            the destination mode
 * @param shorthand
 *            0 none, 1 self, 2 all including self, 3 all but self
 * @param deliveryMode
 *            one of {@link Lapic}'s delivery modes
 * @param vector
 *            vector, or start-up page
 * @param assertLevel
 *            the level bit: an INIT with 0 (de-assert) is ignored
 * @param level
 *            the trigger mode
 * @threading immutable
 */
public record Ipi(int destination, boolean logical, int shorthand, int deliveryMode, int vector, boolean assertLevel,
        boolean level) {
}
