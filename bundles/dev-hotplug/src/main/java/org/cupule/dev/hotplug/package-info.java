/**
 * A hot-plug controller for the slots of a PCI bus. It is to be told to an operating system by ACPI: Generic Event
 * Device and {@code _EJ0} (ACPI Specification 6.5, sections 5.6.9 and 6.3.3).
 */
@NullMarked
package org.cupule.dev.hotplug;

import org.jspecify.annotations.NullMarked;
