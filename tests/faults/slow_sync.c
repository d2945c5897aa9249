/* A slow disk: each fsync and fdatasync of the process that loads this waits first, 0 to 200 ms by a row of numbers
 * that is the same at every start. Says so on stderr. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint32_t number = 1;

static void wait_a_while(const char *what) {
    /* Each sync takes the next number, whichever thread it is on. */
    uint32_t before = __atomic_load_n(&number, __ATOMIC_RELAXED), after;
    do {
        after = before * 1664525u + 1013904223u;
    } while (!__atomic_compare_exchange_n(&number, &before, after, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    long milliseconds = (after >> 16) % 201;
    struct timespec pause = { 0, milliseconds * 1000000L };
    nanosleep(&pause, NULL);
    dprintf(2, "slow disk: %s took %ld ms more\n", what, milliseconds);
}

int fsync(int file) {
    wait_a_while("fsync");
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    wait_a_while("fdatasync");
    return (int)syscall(SYS_fdatasync, file);
}
