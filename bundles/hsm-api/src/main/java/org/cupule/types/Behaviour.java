package org.cupule.types;

/**
 * Whose rules a VM follows where ACRN differs from hardware.
 *
 * <p>
 * Source: {@code hsm.md} sections 8.4 and 14.2 to 14.6; the table of differences is in {@code docs/topic/behaviour.md}.
 *
 * @threading immutable
 */
public enum Behaviour {
    /** The processor manuals' rules, for stock guests. The default. */
    X86,
    /** ACRN's rules: what the {@code [H]} rows of the specification describe. */
    ACRN
}
