/**
 * The hypervisor SPI: a {@code Hypervisor} service gives the HSM partitions and does what the HSM asks of them, one
 * method for each hypercall; the {@code Upcall} is its way back. Implemented by hypervisor backends, called by the HSM
 * only.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hypervisor;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
