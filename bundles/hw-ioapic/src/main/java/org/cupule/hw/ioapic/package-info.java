/**
 * The I/O APIC of a VM.
 */
@NullMarked
package org.cupule.hw.ioapic;

import org.jspecify.annotations.NullMarked;
