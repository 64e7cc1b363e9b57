/**
 * Guest memory: RAM, memory-mapped devices, and access for loaders and DMA. Seed patch 08.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.memory;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
