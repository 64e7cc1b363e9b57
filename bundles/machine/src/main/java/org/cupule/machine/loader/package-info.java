/**
 * Loaders: from an image's bytes to what lies where in guest memory, and the registers to start with. Images are
 * hostile: every offset is checked, and whatever is wrong gives one sentence.
 */
@NullMarked
package org.cupule.machine.loader;

import org.jspecify.annotations.NullMarked;
