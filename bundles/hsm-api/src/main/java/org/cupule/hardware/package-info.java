/**
 * The hardware SPI: what a simulated hypervisor is composed of (CPU, EPT, local APIC, I/O APIC, PIC) and the factories
 * that plug-ins offer as OSGi services. Providers implement these interfaces; only a hypervisor backend calls them.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hardware;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
