/**
 * Devices of the host and devices that the hypervisor emulates, in a VM: PCI functions, memory devices, virtual
 * devices, and how their lines reach the guest. Seed patch 11.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.passthrough;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
