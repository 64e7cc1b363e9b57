/**
 * The local APIC with its registers as fields.
 */
@NullMarked
package org.cupule.hw.lapic;

import org.jspecify.annotations.NullMarked;
