/**
 * PCI: what a function is, and the bus that keeps its configuration space. hw-pci makes buses; machine has one for
 * emulated devices, a hypervisor one for assigned ones, whose devices come from {@code HostDeviceProvider} services.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.pci;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
