/**
 * The device plug-in ${artifactId}.
 */
@NullMarked
package ${package};

import org.jspecify.annotations.NullMarked;
