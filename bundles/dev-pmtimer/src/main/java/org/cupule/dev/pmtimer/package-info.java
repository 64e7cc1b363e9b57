/**
 * The power management of a PC: PM timer, PM1 registers, SMI command port and reset port. Source: ACPI Specification
 * 6.5, chapter 4; {@code hsm.md} 15.2 and 15.7.
 */
@NullMarked
package org.cupule.dev.pmtimer;

import org.jspecify.annotations.NullMarked;
