/**
 * Commands that the command line of the platform offers: {@code cupule run}, {@code demo}, {@code shell}, and those of
 * plug-ins.
 *
 * <p>
 * A command is a service of type {@code java.util.function.Function<Map<String, Object>, Integer>}, registered under
 * {@link java.util.function.Function}, with two properties:
 *
 * <pre>
 *   cupule.command   the sub-command's word, for example "run"
 *   cupule.usage     one line for {@code cupule help}, for example "run [IMAGE] [OPTIONS]: boots a guest"
 * </pre>
 *
 * <p>
 * The launcher lives outside of the bundles, on the class path of the framework, so the two share no class but the
 * JDK's. That is why the service speaks in a map; {@link org.cupule.launch.CommandLine#of} makes a record of it. The
 * value that the function returns is the exit status of the process. An exception means a failure of the host: the
 * launcher prints its message, keeps its trace in the log and exits with status 4. When the function returns, the
 * platform is stopped in order.
 *
 * <p>
 * The function is called once, on the main thread, whose context class loader is JLine's own, because JLine looks its
 * terminals up there. On SIGINT or SIGTERM the framework is stopped while the function runs: a command must return when
 * its component is deactivated. The terminal's mode is the command's business: it restores what it changed, on every
 * way out.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.cupule.launch;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
