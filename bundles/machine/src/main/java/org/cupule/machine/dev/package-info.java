/**
 * What {@code cupule dev} does for the writer of a plug-in: watches its jar, and describes a machine that has its
 * device.
 */
@NullMarked
package org.cupule.machine.dev;

import org.jspecify.annotations.NullMarked;
