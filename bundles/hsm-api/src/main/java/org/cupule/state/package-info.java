/**
 * State is data: self-describing, versioned, named fields, never a class of the plug-in that wrote it.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.state;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
