/**
 * What the firmware of a PC leaves in memory for an operating system: ACPI tables, the MP table, SMBIOS. All of it is
 * made of what the machine has.
 */
@NullMarked
package org.cupule.machine.firmware;

import org.jspecify.annotations.NullMarked;
