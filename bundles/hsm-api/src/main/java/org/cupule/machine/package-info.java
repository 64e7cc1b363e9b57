/**
 * What people see of a machine: its description, its console, its devices, its life.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.machine;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
