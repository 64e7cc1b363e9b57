/**
 * The binary interface of the Linux HSM driver and of the ACRN hypervisor: one class for each C structure, as a view
 * over memory, and the numbers. Little-endian throughout. Source: {@code uapi-layout.txt}, checked against
 * {@code <linux/acrn.h>}.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.abi;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
