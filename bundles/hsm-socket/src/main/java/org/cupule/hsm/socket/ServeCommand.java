package org.cupule.hsm.socket;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.cupule.host.Host;
import org.cupule.hsm.HsmDevice;
import org.cupule.launch.CommandLine;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * {@code cupule serve}: the character device for other processes, until the program is ended.
 *
 * @threading {@link #apply} on the main thread
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=serve", CommandLine.USAGE
        + "=serve [SOCKET]: /dev/acrn_hsm for C programs with the preload library, until it is interrupted"})
public final class ServeCommand implements Function<Map<String, Object>, Integer> {
    private static final int OK = 0;
    private static final int USAGE = 2;
    private static final int HOST_FAILURE = 4;
    private static final long HOST_SECONDS = 5;
    private static final String HELP = """
            usage: cupule serve [SOCKET]     serves /dev/acrn_hsm on a local socket until it is interrupted
            SOCKET is a path of at most 107 bytes; without it hsm.sock in the home folder. Only its owner may connect.
            A C program uses it unchanged: make -C native/hsm-preload, then
                CUPULE_HSM_SOCKET=SOCKET LD_PRELOAD=native/hsm-preload/libhsm-preload.so PROGRAM
            Exit status: 0 when it was ended, 4 when the socket cannot be made.""";

    private final HsmDevice device;
    /** The first host that came: what is served lives with it. */
    private final CompletableFuture<Host> host = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Made by the component runtime. */
    @Activate
    public ServeCommand(@Reference HsmDevice device) {
        this.device = device;
    }

    /** A host has come. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void bind(Host came) {
        host.complete(came);
    }

    /** A host goes: what it has made stays usable. */
    public void unbind(Host gone) {
        // Nothing is made of it any more but by a server that runs.
    }

    @Deactivate
    void deactivate() {
        ended.countDown();
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        if (line.arguments().contains("--help") || line.arguments().contains("-h")) {
            line.out().println(HELP);
            return OK;
        }
        String wrong = wrong(line.arguments());
        if (!wrong.isEmpty()) {
            line.err().println("cupule serve: " + wrong + "; cupule serve --help tells more.");
            return USAGE;
        }
        return serve(line, line.arguments().isEmpty()
                ? line.home().resolve("hsm.sock")
                : Path.of(line.arguments().getFirst()));
    }

    /** {@return what is wrong with the arguments; empty when nothing is} */
    private static String wrong(List<String> arguments) {
        return arguments.stream().filter(word -> word.startsWith("-")).findFirst()
                .map("there is no option '%s'"::formatted)
                .orElse(arguments.size() > 1 ? "'" + arguments.get(1) + "' is one argument too many" : "");
    }

    private int serve(CommandLine line, Path path) {
        try (SocketFront front = new SocketFront(host.get(HOST_SECONDS, TimeUnit.SECONDS), device,
                path.toAbsolutePath())) {
            line.out().println("serving /dev/acrn_hsm on " + front.path());
            line.out().flush();
            ended.await();
            return OK;
        } catch (TimeoutException | ExecutionException none) {
            line.err().println("cupule serve: this system has no local sockets that pass memory on: Linux is needed,"
                    + " and --enable-native-access=ALL-UNNAMED");
            return HOST_FAILURE;
        } catch (HsmException refused) {
            line.err().println("cupule serve: " + refused.getMessage());
            return HOST_FAILURE;
        } catch (InterruptedException stop) {
            return OK;
        }
    }
}
