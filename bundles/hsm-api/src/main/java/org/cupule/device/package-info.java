/**
 * The SPI for device emulators: what a vendor implements. A device is a factory service and plain objects that it
 * makes; it never knows where it is mapped, which VM it is in, or what hypervisor runs below.
 */
@NullMarked
@Export
@Version("1.1.0")
package org.cupule.device;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
