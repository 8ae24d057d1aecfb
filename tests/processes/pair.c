/* SPDX-License-Identifier: MIT */
/*
 * A producer and a consumer over a Unix socket: pair CASE WAY ROUNDS [LATE_US]
 *
 * WAY is how descriptors come to the consumer: scm (SCM_RIGHTS), pidfd (pidfd_getfd), inherit.
 * LATE_US: the consumer waits so long before it touches the buffer.
 * The consumer is this program, executed anew; both write their role and pid to stderr.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

struct setup {
	const char *name, *way;
	int rounds, late_us;
	int socket;
};

/* ---- the socket ---- */

static void say(const struct setup *s, unsigned int word)
{
	if (write(s->socket, &word, sizeof(word)) != sizeof(word))
		die("the other process is gone");
}

static unsigned int hear(const struct setup *s)
{
	unsigned int word;

	if (read(s->socket, &word, sizeof(word)) != sizeof(word))
		die("the other process is gone");
	return word;
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void send_fd(const struct setup *s, int fd)
{
	int word[2] = {getpid(), fd};
	struct iovec iov = {word, sizeof(word)};
	union control control = {.bytes = ""};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (!strcmp(s->way, "scm")) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	CHECK(sendmsg(s->socket, &msg, 0));
}

static int take_fd(const int word[2])
{
	int pidfd = (int)syscall(SYS_pidfd_open, word[0], 0), fd;

	CHECK(pidfd);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, word[1], 0);
	CHECK(fd);
	close(pidfd);
	return fd;
}

static int receive_fd(const struct setup *s)
{
	int word[2] = {0, -1}, fd;
	struct iovec iov = {word, sizeof(word)};
	union control control = {.bytes = ""};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};

	CHECK(recvmsg(s->socket, &msg, 0));
	if (!strcmp(s->way, "pidfd"))
		return take_fd(word);
	if (!strcmp(s->way, "inherit"))
		return word[1];
	if (!CMSG_FIRSTHDR(&msg)) /* the other side closed its end without sending */
		exit(1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static bool is(const struct setup *s, const char *name)
{
	return !strcmp(s->name, name);
}

/* ---- the producer captures, the consumer reads ---- */

/* Executes the consumer; descriptors that it inherits are open by now. */
static pid_t start_consumer(struct setup *s, char **argv)
{
	int pair[2];
	char number[16];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	CHECK(pid);
	if (!pid) {
		close(pair[0]);
		snprintf(number, sizeof(number), "%d", pair[1]);
		setenv("PAIR_SOCKET", number, 1);
		execv(argv[0], argv);
		_exit(127);
	}
	close(pair[1]);
	s->socket = pair[0];
	return pid;
}

static void end_consumer(const struct setup *s, pid_t pid)
{
	int status;

	close(s->socket);
	CHECK(waitpid(pid, &status, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("the consumer has failed");
}

static void inheritable(int fd)
{
	CHECK(fcntl(fd, F_SETFD, 0));
}

static void produce_frame(const struct setup *s, struct video *cap)
{
	unsigned int i = video_dequeue(cap);

	if (is(s, "requeue")) {
		video_queue(cap, i, -1); /* EXPECT OWN02 prior */
		say(s, i);
		hear(s);
		return;
	}
	say(s, i);
	if (is(s, "hold")) {
		hear(s); /* the consumer has read, and reads again in the same bracket */
		video_queue(cap, i, -1);
		say(s, i);
		hear(s);
		return;
	}
	hear(s);
	video_queue(cap, i, -1);
}

static void produce_capture(struct setup *s, char **argv)
{
	struct video cap;
	int fd[BUFFERS];
	pid_t pid;

	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	for (unsigned int i = 0; i < BUFFERS; i++)
		inheritable(fd[i] = video_export(&cap, i));
	pid = start_consumer(s, argv);
	for (unsigned int i = 0; i < BUFFERS; i++)
		send_fd(s, fd[i]);
	say(s, (unsigned int)cap.size);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	for (int n = 0; n < s->rounds; n++)
		produce_frame(s, &cap);
	end_consumer(s, pid);
	video_close(&cap);
	for (unsigned int i = 0; i < BUFFERS; i++)
		close(fd[i]);
}

static void read_frame(const struct setup *s, const struct dbuf *d)
{
	bool sync = !is(s, "nosync");

	if (s->late_us && !is(s, "hold"))
		usleep((useconds_t)s->late_us);
	if (sync)
		sync_start(d->fd, DMA_BUF_SYNC_READ);
	consume((const void *)d->map, d->size); /* EXPECT OWN02 SYN02 */
	if (is(s, "hold")) {
		say(s, 0);
		hear(s);
		for (int n = 0; n <= s->late_us / 100; n++) { /* no call that dmasan sees */
			usleep(100);
			consume((const void *)d->map, d->size); /* EXPECT OWN02 */
		}
	}
	if (sync)
		sync_end(d->fd, DMA_BUF_SYNC_READ);
}

static void consume_capture(const struct setup *s)
{
	struct dbuf d[BUFFERS];
	int fd[BUFFERS];
	size_t size;

	for (int i = 0; i < BUFFERS; i++)
		fd[i] = receive_fd(s);
	size = hear(s);
	for (int i = 0; i < BUFFERS; i++)
		dbuf_init(&d[i], fd[i], size);
	for (int n = 0; n < s->rounds; n++) {
		unsigned int i = hear(s);

		read_frame(s, &d[i]);
		say(s, 0);
	}
	for (int i = 0; i < BUFFERS; i++)
		dbuf_finish(&d[i]);
}

/* ---- the producer writes, the consumer's device reads ---- */

static void write_frame(const struct dbuf *d, int n)
{
	sync_start(d->fd, DMA_BUF_SYNC_WRITE);
	d->map[0] = (unsigned char)n; /* EXPECT OWN01 */
	sync_end(d->fd, DMA_BUF_SYNC_WRITE);
}

static void produce_output(struct setup *s, char **argv)
{
	struct dbuf d[BUFFERS];
	struct video out;
	pid_t pid;

	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF); /* for the size alone */
	dbufs_new(d, out.size);
	CHECK(close(out.fd));
	for (int i = 0; i < BUFFERS; i++)
		inheritable(d[i].fd);
	pid = start_consumer(s, argv);
	for (int i = 0; i < BUFFERS; i++)
		send_fd(s, d[i].fd);
	for (int n = 0; n < s->rounds; n++) {
		write_frame(&d[n % BUFFERS], n);
		say(s, (unsigned int)(n % BUFFERS));
		hear(s); /* it is queued */
		if (is(s, "write"))
			write_frame(&d[n % BUFFERS], n);
		say(s, 0);
		hear(s); /* it is back */
	}
	end_consumer(s, pid);
	dbufs_finish(d);
}

static void consume_output(const struct setup *s)
{
	struct dbuf filler[BUFFERS]; /* vivid keeps the last buffer that it has */
	struct video out;
	int fd[BUFFERS];

	for (int i = 0; i < BUFFERS; i++)
		fd[i] = receive_fd(s);
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	dbufs_new(filler, out.size);
	for (int n = 0; n < s->rounds; n++) {
		unsigned int i = hear(s);

		video_queue(&out, i, fd[i]); /* EXPECT OWN01 prior */
		for (unsigned int k = 0; k < BUFFERS; k++)
			if (k != i)
				video_queue(&out, k, filler[k].fd);
		say(s, 0);
		hear(s);
		video_start(&out);
		if (video_dequeue(&out) != i)
			die("another buffer came back");
		video_stop(&out);
		say(s, 0);
	}
	CHECK(close(out.fd));
	dbufs_finish(filler);
	for (int i = 0; i < BUFFERS; i++)
		close(fd[i]);
}

int main(int argc, char **argv)
{
	const char *number = getenv("PAIR_SOCKET");
	struct setup s = {.socket = number ? atoi(number) : -1};
	bool output;

	if (argc < 4)
		die("usage: pair capture|requeue|hold|nosync|output|write scm|pidfd|inherit ROUNDS "
		    "[LATE_US]");
	s.name = argv[1];
	s.way = argv[2];
	s.rounds = atoi(argv[3]);
	s.late_us = argc > 4 ? atoi(argv[4]) : 0;
	output = is(&s, "output") || is(&s, "write");
	alarm((unsigned int)(20 + s.rounds / 2));
	fprintf(stderr, "%s %d\n", number ? "CONSUMER" : "PRODUCER", getpid());
	if (number && output)
		consume_output(&s);
	else if (number)
		consume_capture(&s);
	else if (output)
		produce_output(&s, argv);
	else
		produce_capture(&s, argv);
	return 0;
}
