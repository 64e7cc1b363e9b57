package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.cupule.swap.Leak;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** One test for each sort of root that a plug-in is held by: named while it holds, gone when it lets go. */
class LeakFinderTest {
    private static final Duration MOST = Duration.ofSeconds(20);
    private static final ThreadLocal<Object> VALUE = new ThreadLocal<>();
    /** Stands for another bundle that keeps what it was given. */
    private static final List<Object> KEPT = new CopyOnWriteArrayList<>();
    private static final Host HOST = new Host();

    @TempDir
    Path folder;

    private final Journal journal = new Journal();
    private final Departures departures = new Departures(journal);
    private final Deque<Release> releases = new ArrayDeque<>();

    /** Stands for another bundle whose component tells others what happens. */
    private static final class Host {
        private final List<Object> stateListeners = new CopyOnWriteArrayList<>();
    }

    /** Lets go of what was kept. */
    private interface Release {
        void release() throws Exception;
    }

    /** Keeps something of a plug-in. */
    private interface Keeper {
        Release keep(Object leftover) throws Exception;
    }

    /** A plug-in's class loader: the classes of {@link Leftover} are its own. */
    private static final class PluginLoader extends ClassLoader {
        private PluginLoader() {
            super(LeakFinderTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(Leftover.class.getName())) {
                return super.loadClass(name, resolve);
            }
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] code = in.readAllBytes();
                return defineClass(name, code, 0, code.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @AfterEach
    void nothingIsHeldOrAwaitedAnyMore() throws Exception {
        departures.close();
        letGo();
    }

    @Test
    void aRunningThreadIsNamedInAnyScript() throws Exception {
        Departures.Departed departed = departed("Worker", worker -> run((Thread) worker));

        assertHeld("thread", "thread 'датчик-温度' (org.cupule.deployer.Leftover$Worker)");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aVariableOfARunningMethodIsNamedWithItsThread() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            var pool = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("busy-thread-of-the-host")
                    .factory());
            var used = new CountDownLatch(1);
            pool.submit(() -> useUntilInterrupted(value, used));
            used.await();
            return pool::shutdownNow;
        });

        assertHeld("thread", "a variable of thread 'busy-thread-of-the-host'", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void theContextClassLoaderOfAThreadOfOthersIsNamedWithTheThread() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            Thread thread = new Leftover.Worker();
            thread.setName("made-while-the-plug-in-ran");
            thread.setContextClassLoader(value.getClass().getClassLoader());
            thread.start();
            return () -> end(thread);
        });

        assertHeld("thread", "thread 'made-while-the-plug-in-ran'", "contextClassLoader -> ");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aThreadLocalOfAThreadOfOthersIsNamedWithTheThread() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            var pool = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("pool-of-the-host")
                    .factory());
            pool.submit(() -> VALUE.set(value)).get();
            return () -> {
                pool.submit(VALUE::remove).get();
                pool.shutdownNow();
            };
        });

        assertHeld("thread-local", "thread 'pool-of-the-host'", "threadLocals -> ", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aStaticFieldOfAnotherBundleIsNamed() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            KEPT.add(value);
            return KEPT::clear;
        });

        assertHeld("static", "class org.cupule.deployer.LeakFinderTest", "static KEPT -> ", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aListenerOfAnotherBundleIsNamedWithWhoTellsIt() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            HOST.stateListeners.add(value);
            return HOST.stateListeners::clear;
        });

        assertHeld("listener", "static HOST -> org.cupule.deployer.LeakFinderTest$Host", "stateListeners -> ",
                "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aListenerOfTheFrameworkIsNamed() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            BundleContext context = framework().getBundleContext();
            BundleListener listener = event -> ((Runnable) value).run();
            context.addBundleListener(listener);
            return () -> context.removeBundleListener(listener);
        });

        assertHeld("listener", "EventDispatcher", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aServiceThatStaysRegisteredIsNamed() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            return framework().getBundleContext().registerService(Runnable.class, (Runnable) value, null)::unregister;
        });

        assertHeld("service", "ServiceRegistrationImpl", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aShutdownHookIsNamed() throws Exception {
        Departures.Departed departed = departed("Hook", hook -> {
            Runtime.getRuntime().addShutdownHook((Thread) hook);
            return () -> Runtime.getRuntime().removeShutdownHook((Thread) hook);
        });

        assertHeld("shutdown-hook", "class java.lang.ApplicationShutdownHooks", "Leftover$Hook");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aHandlerOfTheJdksLogIsNamed() throws Exception {
        Departures.Departed departed = departed("LogHandler", handler -> {
            Logger.getLogger("").addHandler((Handler) handler);
            return () -> Logger.getLogger("").removeHandler((Handler) handler);
        });

        assertHeld("log-handler", "java.util.logging.LogManager", "handlers -> ", "Leftover$LogHandler");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aMessageOfTheJdksLogIsNoLogHandler() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            var message = new LogRecord(Level.INFO, "a message that somebody keeps");
            message.setParameters(new Object[]{value});
            KEPT.add(message);
            return KEPT::clear;
        });

        assertHeld("static", "static KEPT -> ", "java.util.logging.LogRecord", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aTaskOfATimerIsNamedWithTheTimersThread() throws Exception {
        Departures.Departed departed = departed("Task", task -> {
            var timer = new Timer("timer-of-the-host", true);
            timer.schedule((TimerTask) task, Duration.ofDays(1).toMillis());
            return timer::cancel;
        });

        assertHeld("timer", "thread 'timer-of-the-host'", "java.util.TaskQueue", "Leftover$Task");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void aTaskOfASchedulerIsATimerToo() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            var scheduler = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name(
                    "scheduler-of-the-host").factory());
            scheduler.schedule((Runnable) value, 1, TimeUnit.DAYS);
            return scheduler::shutdownNow;
        });

        assertHeld("timer", "thread 'scheduler-of-the-host'", "ScheduledThreadPoolExecutor", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    @SuppressWarnings("restricted")
    void whatNativeCodeWasGivenIsNamed() throws Exception {
        Departures.Departed departed = departed("Value", value -> {
            var arena = Arena.ofShared();
            // SAFETY: the stub is called by nobody.
            Linker.nativeLinker().upcallStub(MethodHandles.publicLookup().findVirtual(Runnable.class, "run", MethodType
                    .methodType(void.class)).bindTo(value), FunctionDescriptor.ofVoid(), arena);
            return arena::close;
        });

        assertHeld("native", "native code: ", "Leftover$Value");
        assertGoneWhenLetGo(departed);
    }

    @Test
    void eachOfSeveralHoldersIsNamed() throws Exception {
        Departures.Departed departed = departed("Worker", worker -> {
            KEPT.add(worker.getClass());
            Release thread = run((Thread) worker);
            return () -> {
                KEPT.clear();
                thread.release();
            };
        });

        assertThat(LeakFinder.find()).extracting(Leak::kind).contains("static", "thread");
        assertGoneWhenLetGo(departed);
    }

    // ------------------------------------------------------------------ helpers

    private static Release run(Thread worker) {
        worker.setName("датчик-温度");
        worker.start();
        return () -> end(worker);
    }

    private static void end(Thread thread) throws InterruptedException {
        thread.interrupt();
        thread.join();
    }

    private static void useUntilInterrupted(Object value, CountDownLatch used) {
        try {
            used.countDown();
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            return; // it is let go
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    private Framework framework() throws Exception {
        Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow().newFramework(
                Map.of("org.osgi.framework.storage", folder.resolve("cache").toString()));
        framework.start();
        releases.push(() -> {
            framework.stop();
            framework.waitForStop(MOST.toMillis());
        });
        return framework;
    }

    /** In a method of its own, so that no variable of the test's holds anything of the plug-in. */
    private Departures.Departed departed(String type, Keeper keeper) throws Exception {
        var constructor = new PluginLoader().loadClass(Leftover.class.getName() + "$" + type).getDeclaredConstructor();
        constructor.setAccessible(true);
        Object leftover = constructor.newInstance();
        releases.push(keeper.keep(leftover));
        return departures.add("acme.leaky@1.0.0", "", leftover.getClass().getClassLoader());
    }

    private static void assertHeld(String kind, String... words) {
        assertThat(LeakFinder.find()).anySatisfy(leak -> {
            assertThat(leak.plugin()).isEqualTo("acme.leaky@1.0.0");
            assertThat(leak.kind()).isEqualTo(kind);
            assertThat(String.join("\n", leak.path())).contains(words);
        });
    }

    private void assertGoneWhenLetGo(Departures.Departed departed) throws Exception {
        letGo();

        assertThat(departures.await(departed, MOST)).as("%s", LeakFinder.find()).isTrue();
        assertThat(LeakFinder.find()).extracting(Leak::plugin).doesNotContain("acme.leaky@1.0.0");
        assertThat(journal.events()).extracting(PluginEvent::state).endsWith(PluginState.GONE);
    }

    private void letGo() throws Exception {
        while (!releases.isEmpty()) {
            releases.pop().release();
        }
    }
}
