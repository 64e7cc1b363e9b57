/**
 * A hot-plug controller for the slots of a PCI bus. It is to be told to an operating system by ACPI: Generic Event
 * Device, {@code _EJ0} and {@code _OST} (ACPI Specification 6.5, sections 5.6.9, 6.3.3 and 6.3.5).
 */
@NullMarked
package org.cupule.dev.hotplug;

import org.jspecify.annotations.NullMarked;
