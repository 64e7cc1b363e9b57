/**
 * The host side's own processors (the Service VM's): giving one to User VMs. Seed patch 17.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.servicevm;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
