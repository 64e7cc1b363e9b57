/**
 * The local APIC, second version: its registers are one image of the page, and it counts what it does.
 */
@NullMarked
package org.cupule.hw.lapic;

import org.jspecify.annotations.NullMarked;
